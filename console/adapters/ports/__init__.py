"""What a registry can be asked for, one port a file, in types of the domain only.

Ports raise `RegistryError` only. Every write names the version it expects (None: any will do) and
returns what was saved.
"""
