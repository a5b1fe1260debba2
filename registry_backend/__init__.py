"""The bundled registry: which devices exist and how they prove who they are.

Rooms: `domain` (values and rules), `registry` (use cases), `storage` (SQLite, PostgreSQL),
`jobs` (import and export), `identityd` (the Identity Service's configuration).
Nothing here imports the console, a terminal library or an HTTP client at import time.
"""
