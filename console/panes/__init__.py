"""One pane per resource: a table, a detail beside it, and its actions."""
