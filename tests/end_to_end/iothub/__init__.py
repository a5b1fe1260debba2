"""The hub served over real sockets, and what its clients rely on (iothub 2 to 5, 9)."""
