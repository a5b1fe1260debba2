"""The unmodified PyPI client `azure-iot-hub` drives the server over TLS (iothub 9)."""
