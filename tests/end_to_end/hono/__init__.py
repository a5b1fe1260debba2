"""Hono's management API over real sockets: each test is named after a rule of the contract."""
