"""What Textual lacks: the record table, the document editor, the difference view."""
