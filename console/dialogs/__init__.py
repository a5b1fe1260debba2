"""Modal screens. They only return what the person decided; the pane acts on it."""
