"""What an operator types, as what the server is given. Pure but for reading the files named."""

from __future__ import annotations

import re
from collections.abc import Sequence
from dataclasses import replace
from pathlib import Path

from registry_backend.api.authentication import Authentication, read_tokens, read_users
from registry_backend.api.hono import HonoOptions
from registry_backend.api.iothub import HubOptions
from registry_backend.api.throttling import TIERS
from registry_backend.domain.errors import Invalid
from registry_backend.domain.identifiers import HONO_TENANT_ID, check_id
from registry_backend.registry import RegistrySettings
from registry_backend.server import Listener, Tls
from registry_backend.wire.hono_profiles import PROFILES, HonoProfile
from registry_backend.wire.hono_search import read_pointer

DEFAULT_LISTEN = "127.0.0.1:28080"
"""The port that Hono's registry is usually reached at (hono 6)."""
HUB_WORDS = ("sas", "none")
"""Words of `--auth` that speak of the hub's paths."""
OFFSETS = ("pages", "records")
"""What `pageOffset` counts (hono 3.7)."""
_MAX_PORT = 65535
_ORIGIN = re.compile(
    r"https?://[A-Za-z0-9.\-]+(:[0-9]{1,5})?|https?://\[[0-9A-Fa-f:.]+\](:[0-9]{1,5})?"
)


def parse_listener(
    text: str, options: HonoOptions, tls: Tls | None, hub: HubOptions | None = None
) -> Listener:
    """A listener from `HOST:PORT[,hono=2.x|1.1][,tls=no]`; port 0 takes any that is free.

    Raises:
        Invalid: saying which part cannot be understood.
    """
    address, *settings = text.split(",")
    host, colon, port = address.rpartition(":")
    host = host.removeprefix("[").removesuffix("]")
    if not (colon and host and port.isascii() and port.isdigit() and int(port) <= _MAX_PORT):
        raise Invalid(f"--listen {text!r}: expected HOST:PORT, such as {DEFAULT_LISTEN}.")
    for setting in settings:
        name, _, value = setting.partition("=")
        if name == "hono":
            options = replace(options, profile=hono_profile(value))
        elif setting == "tls=no":
            tls = None
        else:
            raise Invalid(f"--listen {text!r}: after the address stand hono=1.1 or tls=no.")
    return Listener(host, int(port), options, tls, hub or HubOptions())


def hono_options(
    *, compat: str, offset: str, max_payload: int, cors_origin: str | None
) -> HonoOptions:
    """What listeners speak unless they say otherwise; `offset` is pages or records.

    Raises:
        Invalid: for a compatibility or an offset that does not exist, or what is no origin.
    """
    if offset not in OFFSETS:
        raise Invalid(f"--hono-offset {offset!r}: choose {' or '.join(OFFSETS)}.")
    if cors_origin and cors_origin != "*" and not _ORIGIN.fullmatch(cors_origin):
        raise Invalid(
            f"--cors-origin {cors_origin!r}: expected *, or one origin as browsers send it, such "
            "as https://console.example:8443, without a path."
        )
    return HonoOptions(
        profile=hono_profile(compat),
        max_payload=max_payload,
        offset_in_records=offset == "records",
        cors_origin=cors_origin,
    )


def registry_settings(*, max_devices: int, indexes: Sequence[str]) -> RegistrySettings:
    """What holds for every tenant; indexes as JSON pointers. Raises Invalid."""
    return RegistrySettings(
        max_devices_per_tenant=max_devices,
        indexed_attributes=tuple(read_pointer(each, "--index") for each in indexes),
    )


def hub_options(
    *,
    words: Sequence[str],
    default_tenant: str,
    tier: str | None,
    units: int,
    shaping: float,
) -> HubOptions:
    """What a hub's paths have unless listeners say otherwise.

    Args:
        words: Of `--auth`: `none` lets everybody call; `sas`, as no word at all, asks for tokens.
        default_tenant: Whose hub it is where the host names none.
        tier: F1, S1 and so on, whose quota and rates hold; None: none do.
        units: How many of the tier.
        shaping: Seconds that a request is held back before it is refused.

    Raises:
        Invalid: for words that contradict each other, or a tier that there is not.
    """
    if "none" in words and len(set(words)) > 1:
        raise Invalid("--auth none lets everybody call: leave the other --auth out.")
    check_id(default_tenant, HONO_TENANT_ID, field="--default-tenant")
    name = tier.upper() if tier is not None else None
    if name is not None and name not in TIERS:
        raise Invalid(f"There is no tier {tier!r}; choose {', '.join(TIERS)}.")
    signed = "none" not in words
    return HubOptions(
        signed=signed, default_tenant=default_tenant, tier=name, units=units, shaping=shaping
    )


def hono_profile(name: str) -> HonoProfile:
    """The vintage of that name. Raises Invalid."""
    if name not in PROFILES:
        raise Invalid(f"There is no Hono compatibility {name!r}; choose {' or '.join(PROFILES)}.")
    return PROFILES[name]


def parse_tls(certificate: Path | None, key: Path | None) -> Tls | None:
    """Both files, or none. Raises Invalid."""
    if certificate is None and key is None:
        return None
    if certificate is None or key is None:
        raise Invalid("--tls-cert and --tls-key are given together.")
    return Tls(certificate, key)


def read_authentication(words: Sequence[str]) -> Authentication | None:
    """Who may call Hono's paths, from `basic:FILE` and `bearer:FILE`; None: everybody.

    The words `none` and `sas` speak of the hub's paths, see `hub_options`.

    Raises:
        Invalid: for another word, or a file that cannot be used.
    """
    files = [word for word in words if word not in HUB_WORDS]
    if not files:
        return None
    users: dict[str, str] = {}
    tokens: dict[bytes, str] = {}
    for word in files:
        kind, colon, file = word.partition(":")
        if not (colon and file):
            raise Invalid(f"--auth {word!r}: expected sas, none, basic:FILE or bearer:FILE.")
        if kind == "basic":
            users |= read_users(Path(file).expanduser())
        elif kind == "bearer":
            tokens |= read_tokens(Path(file).expanduser())
        else:
            raise Invalid(f"--auth {word!r}: there is sas, none, basic:FILE and bearer:FILE.")
    return Authentication(users=users, tokens=tokens)
