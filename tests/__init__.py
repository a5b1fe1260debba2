"""Tests: real files, real SQLite, real keys."""
