"""The commands that need no screen: one file each, data to stdout, messages to stderr.

They speak to the registry through the adapter interface, as panes do, and never load textual.
"""
