"""The bundled registry."""
