"""The Store protocol and its implementations. Documents and rows; no rules."""
