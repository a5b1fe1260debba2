"""The secrets that contexts name, fetched when a connection is made and kept nowhere else."""

from __future__ import annotations

import base64
from collections.abc import Mapping
from importlib import import_module
from pathlib import Path

from console.contexts_models import HonoContext, IotHubContext, SecretPlace
from registry_backend.domain.errors import Invalid, Unreachable

MOST_BYTES = 16_384
"""Of a file with a secret; more is surely another file."""


def authorization_of(context: HonoContext, environ: Mapping[str, str]) -> str | None:
    """The value of the Authorization header; None for a registry that asks nobody.

    Raises:
        Invalid: when the secret is not where the context says.
        Unreachable: when its file or the keyring cannot be read.
    """
    if context.password is not None:
        user = context.user or ""
        secret = fetch_secret(context.password, context.name, user, environ)
        encoded = base64.b64encode(f"{user}:{secret}".encode()).decode("ascii")
        return f"Basic {encoded}"
    if context.token is not None:
        secret = fetch_secret(context.token, context.name, context.name, environ)
        if not secret.isascii() or any(c.isspace() for c in secret):
            raise Invalid(f"Context {context.name}: the token holds what no header can carry.")
        return f"Bearer {secret}"
    return None


def connection_string_of(context: IotHubContext, environ: Mapping[str, str]) -> str:
    """The hub's connection string, a secret. Raises as above."""
    return fetch_secret(context.connection_string, context.name, context.name, environ)


def fetch_secret(place: SecretPlace, context: str, user: str, environ: Mapping[str, str]) -> str:
    """One secret, without the line break at its end. Raises Invalid, Unreachable."""
    match place.place:
        case "env":
            secret = environ.get(place.where, "")
        case "file":
            secret = _from_file(Path(place.where).expanduser())
        case "keyring":
            secret = _from_keyring(place.where, user)
    secret = secret.rstrip("\r\n")
    if not secret:
        raise Invalid(f"Context {context}: there is no secret in {place}.")
    return secret


def _from_file(path: Path) -> str:
    try:
        with path.open("rb") as file:
            content = file.read(MOST_BYTES + 1)
    except OSError as error:
        message = f"The secret's file {path} cannot be read: {error.strerror}."
        raise Unreachable(message, layer="file") from None
    if len(content) > MOST_BYTES:
        raise Invalid(f"{path} is too long to be a secret.")
    try:
        return content.decode("utf-8")
    except UnicodeDecodeError:
        raise Invalid(f"{path} is not UTF-8 text.") from None


def _from_keyring(service: str, user: str) -> str:
    try:
        keyring = import_module("keyring")  # an extra: only who names it needs it
        failure: type[Exception] = import_module("keyring.errors").KeyringError
    except ImportError:
        raise Invalid(
            "This installation cannot ask the system's keyring.",
            hint="Install idconsole with its extra `keyring`, or name a variable or a file.",
        ) from None
    try:
        return str(keyring.get_password(service, user) or "")
    except failure as error:
        raise Unreachable(
            f"The keyring did not give {service!r} of {user!r}: {type(error).__name__}.",
            layer="permission",
        ) from None
