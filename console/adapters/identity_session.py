"""What the ports of one Identity Service share: who calls, which api-version it takes, its health.

An answer may take minutes (identityd 1.3), so whoever waits can be cancelled, and is told.
"""

from __future__ import annotations

import asyncio
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any, TypeVar

from console.adapters.base import CONNECTED, NO_ANSWER
from console.adapters.identity_caller import Caller
from console.adapters.identity_errors import Refusal, is_wrong_version, problem_of, words_of
from console.adapters.identity_socket import Received, exchange
from console.adapters.ports.principals import PrincipalsPort
from registry_backend.domain.document import parse_json
from registry_backend.domain.errors import Fault, Invalid, RegistryError, Unreachable, Unsupported
from registry_backend.domain.explanations import API_VERSIONS, LATEST_VERSION
from registry_backend.domain.permissions import Operation

WAITING = "waiting for an answer"
"""Its health while it takes its time."""
ResultT = TypeVar("ResultT")


class NoCommonVersion(Unsupported):
    """The service takes none of the api-versions that there are."""


@dataclass(frozen=True, slots=True)
class Patience:
    """How long to wait, in seconds."""

    first: float = 30.0
    """For the first answer of a session, which asks for next to nothing."""
    answer: float = 600.0
    """For any other, as the service's own client does (identityd 6)."""
    quiet: float = 3.0
    """Before the header says that an answer is awaited."""


@dataclass(frozen=True, slots=True)
class Ask:
    """One call.

    Args:
        operation: Which one it is.
        method: As HTTP has it.
        path: Its segments, not yet encoded.
        what: What is asked for, such as `module tide`; begins messages.
        module_id: The module it is about; empty for none.
        kind: The `type` of the query; empty for none.
        body: A JSON value; None: no body.
    """

    operation: Operation
    method: str
    path: tuple[str, ...]
    what: str
    module_id: str = ""
    kind: str = ""
    body: Any = field(default=None, repr=False)


class IdentitySession:
    """The calls of one caller.

    Args:
        socket: The service's.
        caller: Who calls.
        principals: The configuration, for explaining refusals.
        patience: How long to wait.
        on_health: Told `connected`, `waiting for an answer`, or what is wrong, when it changes.
        on_lost: Called whenever the service could not be spoken to.
    """

    def __init__(
        self,
        socket: Path,
        caller: Caller,
        principals: PrincipalsPort,
        *,
        patience: Patience,
        on_health: Callable[[str], None],
        on_lost: Callable[[], None] = lambda: None,
    ) -> None:
        self.socket, self.caller, self.patience = socket, caller, patience
        self.principals = principals
        self._on_health, self._on_lost = on_health, on_lost
        self._health = ""
        self._version = LATEST_VERSION

    @property
    def lost(self) -> bool:
        """Whether the last call found nobody who answers."""
        return self._health not in ("", CONNECTED, WAITING)

    async def open(self) -> None:
        """Ask for what everybody may have, and learn the api-version. Raises RegistryError."""
        ask = Ask(Operation.GET_TRUST_BUNDLE, "GET", ("trust-bundle",), "the service")
        try:
            await self._answered(ask, self.patience.first)
        except NoCommonVersion:
            raise
        except Unsupported:
            return  # a service without a trust bundle is one all the same

    async def send(self, ask: Ask) -> Any:
        """The decoded answer; None where it has none.

        Raises:
            RegistryError: of the kind that the failure or the status stands for.
        """
        answer = await self._answered(ask, self.patience.answer)
        if not answer.body:
            return None
        return self.understood(ask.what, parse_json, answer.body)

    def understood(self, what: str, read: Callable[[Any], ResultT], value: Any) -> ResultT:
        """What `read` makes of an answer. Raises Fault where it can make nothing of it."""
        try:
            return read(value)
        except Invalid as error:
            whole = bool(error.problems) and not error.problems[0].field
            why = f"it {error.message}" if whole else error.message[:1].lower() + error.message[1:]
            raise Fault(
                f"{what[:1].upper()}{what[1:]}: the answer of {self.socket} is not one of an "
                f"Identity Service: {why.rstrip('.')}.",
                hint="Check the path of the socket.",
            ) from None

    async def _answered(self, ask: Ask, seconds: float) -> Received:
        for version in self._versions():
            if ask.operation is Operation.GET_PROVISIONING and version < API_VERSIONS[1]:
                raise Unsupported(
                    f"The service speaks {version} only, and tells how it is provisioned since "
                    f"{API_VERSIONS[1]}.",
                    hint="Release 1.3 of the Identity Service brings it.",
                )
            answer = await self._exchanged(ask, version, seconds)
            words = words_of(answer.body) if answer.status >= 300 else ""
            if is_wrong_version(answer.status, words):
                continue
            self._version = version
            if 200 <= answer.status < 300:
                return answer
            raise problem_of(await self._refusal(ask, answer.status, words))
        raise NoCommonVersion(
            f"{self.socket}: the service takes none of the api-versions {', '.join(API_VERSIONS)}.",
            hint="It may be newer than this console: look for an update of idconsole.",
        )

    def _versions(self) -> Sequence[str]:
        """The one known to be taken first, then the others, the latest first."""
        return (self._version, *(each for each in API_VERSIONS[::-1] if each != self._version))

    async def _exchanged(self, ask: Ask, version: str, seconds: float) -> Received:
        query = [("api-version", version)]
        if ask.kind:
            query.append(("type", ask.kind))
        try:
            with self._telling():
                return await exchange(
                    self.socket,
                    self.caller,
                    ask.method,
                    ask.path,
                    query=query,
                    body=ask.body,
                    seconds=seconds,
                )
        except Unreachable as error:
            self._tell(_HEALTH.get(error.layer, error.title.lower()))
            self._on_lost()
            raise

    @contextmanager
    def _telling(self) -> Iterator[None]:
        """Say that an answer is awaited when it takes long, and that all is well when it comes."""
        loop = asyncio.get_running_loop()
        timer = loop.call_later(self.patience.quiet, self._tell, WAITING)
        try:
            yield
        except asyncio.CancelledError:
            if self._health == WAITING:  # somebody waits no longer, and nothing has come
                self._tell(NO_ANSWER)
                self._on_lost()
            raise
        finally:
            timer.cancel()
        self._tell(CONNECTED)

    def _tell(self, health: str) -> None:
        if health != self._health:
            self._health = health
            self._on_health(health)

    async def _refusal(self, ask: Ask, status: int, words: str) -> Refusal:
        refusal = Refusal(status, words, ask.what, ask.operation, self.caller, ask.module_id)
        if status != 401:
            return refusal
        try:
            return await self._explained(ask, replace(refusal, view=await self.principals.view()))
        except RegistryError:
            return refusal  # that is what the person is to hear of

    async def _explained(self, ask: Ask, refusal: Refusal) -> Refusal:
        """With what the configuration as it is read here says of the caller, where it can."""
        from registry_backend.identityd.calls import (  # noqa: PLC0415 - most sessions never ask
            request_for,
        )

        files = refusal.view.config.files if refusal.view is not None else ()
        if not files or any(file.problem for file in files):
            return refusal
        request = request_for(ask.operation, module_id=ask.module_id or "module")
        answer = await self.principals.explain(self.caller.uid, request)
        if answer.allowed:
            why = "By the configuration read here it would: the service may have read another."
            return replace(refusal, why=why, allowed_by_files=True)
        return replace(refusal, why=f"{answer.who} {answer.why}")


_HEALTH = {
    "file": "no socket",
    "permission": "no permission",
    "refused": "connection refused",
    "dropped": "connection dropped",
    "timeout": NO_ANSWER,
    "protocol": "not understood",
}
