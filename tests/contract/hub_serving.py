"""Our own server on a loopback port with TLS and signatures, as a remote hub for the adapter."""

from __future__ import annotations

from collections.abc import AsyncIterator
from contextlib import asynccontextmanager
from dataclasses import dataclass, field
from pathlib import Path
from urllib.parse import urlsplit

from console.adapters.iothub import IotHubAdapter
from registry_backend.api.iothub import HubOptions
from registry_backend.domain.journal import Actor
from registry_backend.open import open_registry
from registry_backend.server import Listener, Serving, Tls, listening
from registry_backend.wire.connection_strings import HubConnection, format_hub
from tests.contract.hono_serving import QUICK, make_certificates

HUB = "127.0.0.1"
"""The name of the hub: a test server's host has one label only."""


@dataclass(frozen=True, slots=True)
class Hub:
    """A served hub: how to reach it, and whom to trust there."""

    host_name: str
    ca_file: Path
    keys: dict[str, str] = field(repr=False)
    """Primary keys of its policies, by name."""

    def connection(self, policy: str = "iothubowner") -> str:
        """The connection string of a policy."""
        return format_hub(HubConnection(self.host_name, policy, self.keys[policy]))


@asynccontextmanager
async def serving_hub(folder: Path, options: HubOptions | None = None) -> AsyncIterator[Hub]:
    """Our server over a new file."""
    data = folder / "r.sqlite"
    certificates = make_certificates(folder)
    registry = await open_registry(data)
    policies = await registry.policies.ensure(actor=Actor(via="console", name="tester"))
    await registry.close()
    listener = Listener(
        HUB,
        0,
        tls=Tls(certificates.server, certificates.key),
        hub=options or HubOptions(default_tenant="hub"),
    )
    async with listening(Serving(data, [listener], settings=QUICK)) as addresses:
        keys = {policy.name: policy.primary_key for policy in policies}
        yield Hub(urlsplit(addresses[0]).netloc, certificates.authority, keys)


@asynccontextmanager
async def on_hub(
    hub: Hub, policy: str = "iothubowner", **options: object
) -> AsyncIterator[IotHubAdapter]:
    """The adapter, open."""
    adapter = IotHubAdapter(
        hub.connection(policy),
        ca_file=hub.ca_file,
        pauses=(0.01,),
        **options,  # type: ignore[arg-type]
    )
    async with adapter:
        yield adapter
