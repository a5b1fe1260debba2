"""The terminal console. It reaches every registry through `console.adapters.base` alone."""
