"""Tests of the pure forms."""
