"""Whole programs, started as a person would."""
