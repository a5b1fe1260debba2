"""`idconsole connection-string`: what a program needs to call the served hub (iothub 7.2, 7.3)."""

from __future__ import annotations

import argparse
import asyncio
import sys

from console.adapters.local import default_data_file, login_name
from console.commands.boundary import GOOD, UsageFault
from console.commands.output import JsonArray, Table, say, write, write_json
from registry_backend.domain.errors import Invalid
from registry_backend.domain.journal import Actor
from registry_backend.domain.policies import Policy, Rotation
from registry_backend.open import open_registry
from registry_backend.wire.connection_strings import HubConnection, format_hub, parse_hub

_ROTATED = {
    Rotation.PRIMARY: "has another primary key now; clients with the old one are refused.",
    Rotation.SECONDARY: "has another secondary key now; clients with the old one are refused.",
    Rotation.BOTH: "has two other keys now; clients with an old one are refused.",
    Rotation.SWAP: "has its keys swapped; both go on being accepted.",
}


def run(options: argparse.Namespace) -> int:
    """Print the string, or list the policies. Raises RegistryError, UsageFault."""
    if options.list and (options.rotate or options.secondary or options.policy):
        raise UsageFault("--list shows every policy, and no key: give it alone.")
    _check_host(options.host)  # before anything is rotated
    policies = asyncio.run(_policies(options))
    if options.list:
        _list(policies, as_json=options.json)
        return GOOD
    (policy,) = policies
    rotation = Rotation(options.rotate) if options.rotate else None
    secondary = options.secondary or rotation is Rotation.SECONDARY
    key = policy.secondary_key if secondary else policy.primary_key
    text = format_hub(HubConnection(options.host, policy.name, key))
    if rotation:
        say(f"{policy.name} {_ROTATED[rotation]} A running server follows within seconds.")
    if sys.stdout.isatty():
        say("Keep it secret: whoever has this line may do all that the policy allows.")
    if options.json:
        told = {"policy": policy.name, "host": options.host, "connectionString": text}
        write_json(told)
    else:
        write(text + "\n")
    return GOOD


async def _policies(options: argparse.Namespace) -> list[Policy]:
    """All policies with --list, else the one named, its keys rotated if that was asked."""
    registry = await open_registry(options.data or default_data_file(), read_only=options.read_only)
    try:
        actor = Actor(via="console", name=login_name())
        every = await registry.policies.ensure(actor=actor)
        if options.list:
            return list(every)
        name = options.policy or "iothubowner"
        if options.rotate:
            rotation = Rotation(options.rotate)
            return [await registry.policies.rotate(name, rotation, actor=actor)]
        return [await registry.policies.get(name)]
    finally:
        await registry.close()


def _check_host(host: str) -> None:
    try:
        parse_hub(format_hub(HubConnection(host, "name", "a2V5")))
    except Invalid:
        raise UsageFault("--host takes a host and its port, such as localhost:28080.") from None


def _list(policies: list[Policy], *, as_json: bool) -> None:
    if as_json:
        array = JsonArray()
        array.write([{"name": each.name, "rights": sorted(each.rights)} for each in policies])
        array.end()
        return
    Table("POLICY", "RIGHTS").write(
        [(each.name, ", ".join(sorted(each.rights))) for each in policies]
    )
