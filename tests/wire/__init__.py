"""Codecs pinned by published examples."""
