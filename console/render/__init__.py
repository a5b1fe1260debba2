"""Pure functions: a domain model in, table cells or a detail text out."""
