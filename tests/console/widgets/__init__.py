"""The widgets on a real screen, with real lists."""
