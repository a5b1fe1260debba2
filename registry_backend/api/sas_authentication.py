"""Who calls the hub's API: tokens against the registry's policies (iothub 7.1, 7.2).

Nothing of a header is ever logged or part of a message.
"""

from __future__ import annotations

from datetime import UTC, datetime
from functools import lru_cache
from typing import NamedTuple

from registry_backend.domain.errors import Denied, Invalid
from registry_backend.domain.journal import Actor
from registry_backend.domain.policies import Policy, Right
from registry_backend.registry import Registry
from registry_backend.registry.policies import KnownPolicies
from registry_backend.wire.sas import SasToken, audience_of, is_signed, is_within, parse_token

UNAUTHORIZED_ACCESS = 401002
"""The code of a token that proves nothing (iothub 4.8)."""
UNAUTHORIZED = 401003
"""The code of a missing header, and of a policy that lacks the right (iothub 4.8)."""
_REMEMBERED = 1024
_LONGEST_TOKEN = 4096
_CLOCKS = "The clocks of client and server may differ by five minutes at most."


class Unauthorized(Denied):
    """The caller did not prove who it is, or may not do that; both are 401 (iothub 7.2).

    Args:
        message: As in RegistryError, without anything of the token.
        code: `UNAUTHORIZED_ACCESS` or `UNAUTHORIZED`.
        hint: As in RegistryError.
    """

    def __init__(self, message: str, *, code: int = UNAUTHORIZED_ACCESS, hint: str = "") -> None:
        super().__init__(message, hint=hint)
        self.code = code


class _Proved(NamedTuple):
    """A token whose signature was checked; its expiry and its resource are not."""

    token: SasToken
    audience: str
    policy: Policy
    actor: Actor


async def authorize(
    registry: Registry,
    header: str | None,
    query_authorization: str | None = None,
    *,
    host: str,
    path: str,
    right: Right,
    at: float,
    or_right: Right | None = None,
) -> Actor:
    """Who calls, once the token proves it and its policy allows what is asked.

    Args:
        registry: Whose policies count.
        header: The `Authorization` header.
        query_authorization: The query parameter of that name, percent-decoded, a plus left a plus;
            it counts where there is no header (iothub 2).
        host: The `Host` header, with or without port.
        path: The path of the request, not decoded, without query.
        right: What the call needs.
        at: Unix seconds.
        or_right: Another right that will do as well.

    Raises:
        Unauthorized: saying why, with the hub's code.
    """
    text = header or query_authorization
    if not text:
        raise Unauthorized("Authorization header missing", code=UNAUTHORIZED)
    token, audience, policy, actor = _proved(text, await registry.policies.known())
    if token.has_expired(at):
        raise Unauthorized(f"Unauthorized: the token expired at {_shown(token)}.", hint=_CLOCKS)
    if not is_within(audience, host=host, path=path):
        raise Unauthorized(
            "Unauthorized: the token was made for another host or path.",
            hint="Sign for the host that is called.",
        )
    if not policy.allows(right) and not (or_right and policy.allows(or_right)):
        raise Unauthorized(
            f"Authorization rule '{policy.name}' does not allow access for this call: "
            f"it lacks {right}.",
            code=UNAUTHORIZED,
        )
    return actor


# The same token comes with every call of a client, and for the same policies proves the same; an
# answer depends on both alone. What fails is not remembered.
@lru_cache(maxsize=_REMEMBERED)
def _proved(text: str, policies: KnownPolicies) -> _Proved:
    if len(text) > _LONGEST_TOKEN:
        raise Unauthorized("Unauthorized: the token is too long.")
    try:
        token = parse_token(text)
    except Invalid as error:
        raise Unauthorized(f"Unauthorized: {error}") from None
    if token.policy is None:
        raise Unauthorized(
            "Unauthorized: the token names no policy (skn).",
            hint="A device's own key does not open the registry.",
        )
    policy = policies.find(token.policy)
    if policy is None:
        raise Unauthorized("Unauthorized: the token names a policy that is not there.")
    if not is_signed(token, (policy.primary_key, policy.secondary_key)):
        raise Unauthorized(
            f"Unauthorized: the token is signed with neither key of the policy {policy.name}."
        )
    actor = Actor(via="iothub", name=policy.name)
    return _Proved(token, audience_of(token.resource), policy, actor)


def _shown(token: SasToken) -> str:
    return datetime.fromtimestamp(token.expires, UTC).strftime("%Y-%m-%dT%H:%M:%SZ")
