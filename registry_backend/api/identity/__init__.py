"""The Identity Service's API, for callers whose uid the kernel tells (identityd 1)."""
