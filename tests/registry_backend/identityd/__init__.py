"""The Identity Service's configuration: read, planned, written, and left alone where not meant."""
