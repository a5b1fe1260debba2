"""Tests of the registry's use cases, on real SQLite files."""
