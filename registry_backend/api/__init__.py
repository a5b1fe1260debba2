"""What the registry serves over HTTP: one package per protocol, each with its table of routes.

A handler turns a request that was read into one use case and its result into an answer. Nothing
here knows a store, a socket's life or the console; aiohttp is loaded only by who serves.
"""
