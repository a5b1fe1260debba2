"""The Identity Service: its configuration files, read, merged and edited byte by byte."""
