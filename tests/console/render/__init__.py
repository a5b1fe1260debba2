"""Tests of the pure renderings."""
