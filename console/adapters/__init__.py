"""One adapter per kind of registry, all with the interface of `base`. No widget enters here."""
