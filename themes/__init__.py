"""Palettes as data, one TOML file each, and the few lines that read them."""
