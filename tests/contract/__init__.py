"""Suites written once and inherited by every store and every adapter."""
