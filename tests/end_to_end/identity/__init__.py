"""The Identity Service, asked over real Unix sockets from real uids."""
