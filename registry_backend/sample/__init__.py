"""A lifelike sample fleet, the same everywhere: derived from a seed and a moment, nothing else.

Building is pure and streams; only `load` touches a store. Nothing here may open a registry.
"""

from registry_backend.sample.devices import SampleRow
from registry_backend.sample.exchange import write_exchange
from registry_backend.sample.identityd import write_identityd
from registry_backend.sample.load import load_sample
from registry_backend.sample.sample import Sample, build_sample

__all__ = [
    "Sample",
    "SampleRow",
    "build_sample",
    "load_sample",
    "write_exchange",
    "write_identityd",
]
