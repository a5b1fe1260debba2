"""The console driven by keys, on a real registry."""
