"""Forms as pure functions: a model in, fields out; what was typed in, a document out."""
