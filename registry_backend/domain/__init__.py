"""Values and rules of the registry: models, errors, queries, secrets. No I/O."""
