"""The scripted visit that draws every picture, and the pictures."""
