"""Device lines to stored texts and back without a model for each, for millions of lines.

Each function writes the very text that the models would, or says that it cannot: then the models
are asked. Tests hold the two against each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from functools import lru_cache
from json.encoder import encode_basestring
from typing import Any

from pydantic_core import PydanticSerializationError, from_json

from registry_backend.domain.credentials import PSK, X509_THUMBPRINT
from registry_backend.domain.document import JsonObject
from registry_backend.domain.errors import Invalid
from registry_backend.domain.identifiers import generate_id
from registry_backend.wire.iothub import HubLine, etag_of

_PLAIN_ATTRIBUTES = {'{"enabled":true}', '{"enabled":false}', "{}"}
_cached_etag = lru_cache(maxsize=1024)(etag_of)


class _Unusual(Exception):
    """A stored document that only the models can read; never leaves the room."""


def attributes_text(line: HubLine) -> str | None:
    """The stored attributes of a device that this line creates; None: the models must say."""
    if line.hub is not None:
        try:
            return line.attributes_over(None).model_dump_json(by_alias=True, exclude_unset=True)
        except (Invalid, UnicodeEncodeError, PydanticSerializationError):
            return None
    enabled = "true" if line.enabled else "false"
    if line.status_reason is None:
        return f'{{"enabled":{enabled}}}'
    return f'{{"enabled":{enabled},"status-reason":{encode_basestring(line.status_reason)}}}'


def credential_text(line: HubLine) -> tuple[str, str] | None:
    """Type and stored text of the one credential of a device that this line creates, if any.

    The device's id and its keys need no escapes: reading the line has made sure of that.
    """
    if line.keys is not None:
        kind, member, (primary, secondary) = PSK, "key", line.keys
    elif line.thumbprints is not None:
        kind, member, (primary, secondary) = X509_THUMBPRINT, "thumbprint", line.thumbprints
    else:
        return None
    return kind, (
        f'{{"type":"{kind}","auth-id":"{line.device_id}","secrets":['
        f'{{"id":"{generate_id()}","{member}":"{primary}"}},'
        f'{{"id":"{generate_id()}","{member}":"{secondary}"}}]}}'
    )


def line_text(
    device_id: str,
    enabled: bool,  # noqa: FBT001 - columns of a row
    revision: int,
    document: str,
    credentials: Sequence[str],
    *,
    exclude_keys: bool,
) -> str | None:
    """The export line of a stored device, without its newline; None: ask `format_line`.

    The id must be one that a hub knows, which needs no escapes.
    """
    try:
        reason = "" if document in _PLAIN_ATTRIBUTES else _reason_member(document)
        authentication = _authentication(device_id, credentials, exclude_keys)
    except _Unusual:
        return None
    return (
        f'{{"id":"{device_id}","eTag":"{_cached_etag(revision)}",'
        f'"status":"{"enabled" if enabled else "disabled"}",{reason}{authentication}}}'
    )


def _reason_member(document: str) -> str:
    members = _object(document)
    if members.get("iothub") is not None:
        raise _Unusual
    reason = members.get("status-reason")
    if not reason:
        return ""
    return f'"statusReason":{_string(reason)},'


def _authentication(device_id: str, credentials: Sequence[str], exclude_keys: bool) -> str:  # noqa: FBT001
    read = [_object(text) for text in credentials]
    keys = _pair(device_id, read, PSK, "key")
    if keys is not None:
        primary, secondary = ("null", "null") if exclude_keys else keys
        return (
            f'"authentication":{{"symmetricKey":'
            f'{{"primaryKey":{primary},"secondaryKey":{secondary}}}}}'
        )
    begin = '"authentication":{"symmetricKey":{"primaryKey":null,"secondaryKey":null},'
    prints = _pair(device_id, read, X509_THUMBPRINT, "thumbprint")
    if prints is None:
        return begin + '"type":"none"}'
    return (
        f'{begin}"x509Thumbprint":{{"primaryThumbprint":{prints[0]},'
        f'"secondaryThumbprint":{prints[1]}}},"type":"selfSigned"}}'
    )


def _pair(
    device_id: str, credentials: Sequence[JsonObject], kind: str, member: str
) -> tuple[str, str] | None:
    """The first two materials of the hub's credential of a kind, as JSON; one stands for both."""
    for credential in credentials:
        if credential.get("type") != kind or credential.get("auth-id") != device_id:
            continue
        try:
            found = [secret.get(member) for secret in credential.get("secrets", ())]
        except AttributeError:
            raise _Unusual from None
        found = [material for material in found if material]
        if not found:
            return None
        return _string(found[0]), _string(found[1] if len(found) > 1 else found[0])
    return None


def _object(text: str) -> JsonObject:
    try:
        members: Any = from_json(text)
    except ValueError:
        raise _Unusual from None
    if type(members) is not dict:
        raise _Unusual
    return members


def _string(value: Any) -> str:
    if type(value) is not str:
        raise _Unusual
    text: str = encode_basestring(value)
    return text
