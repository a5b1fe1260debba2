"""Domain values to protocol text and back, written once for clients and servers."""
