"""Tests of import and export jobs on a real SQLite store."""
