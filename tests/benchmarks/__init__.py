"""What the console and the registry cost, each against a named reference taken in the same run."""
