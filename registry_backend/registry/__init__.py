"""Every use case as one short method and one transaction. One file per resource."""
