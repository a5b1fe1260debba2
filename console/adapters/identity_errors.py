"""What an Identity Service's refusals mean: statuses say little, texts more (identityd 1.2).

404 stands for an unknown path, for an absent module, for one that is there already, and for every
failure of the hub; 401 stands for everything a uid may not do. Pure.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass

from console.adapters.identity_caller import Caller
from console.adapters.identity_permission import UNIT
from console.adapters.identity_rights import what_it_takes
from registry_backend.domain.document import parse_json
from registry_backend.domain.effective import EffectiveView
from registry_backend.domain.errors import (
    AlreadyExists,
    Denied,
    Fault,
    Invalid,
    LimitReached,
    NotFound,
    RegistryError,
    Throttled,
    Unreachable,
    Unsupported,
)
from registry_backend.domain.permissions import Operation
from registry_backend.domain.secrets import MASK
from registry_backend.wire.identity import read_error

MAX_WORDS = 300
"""Characters of the service's own words that a message repeats."""
_SIGNATURE = re.compile(r"(sig=|SharedAccessKey=)[^&\s\"']+", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class Refusal:
    """An answer that is no success.

    Args:
        status: The HTTP status.
        words: The service's message, its causes after semicolons; empty when it gave none.
        what: What was asked for, such as `module tide`.
        operation: Which call it was.
        caller: Who called.
        module_id: Which module the call names; empty when none.
        why: What the configuration says of the caller, in sentences; empty when it is unknown.
        view: The configuration, as far as it can be read here; None when nothing of it can.
        allowed_by_files: Whether by that configuration the caller may do it.
    """

    status: int
    words: str
    what: str
    operation: Operation
    caller: Caller
    module_id: str = ""
    why: str = ""
    view: EffectiveView | None = None
    allowed_by_files: bool = False


def words_of(body: bytes) -> str:
    """The message of a failure, with nothing secret in it; empty when the body is none."""
    try:
        text = read_error(parse_json(body[:65536]))
    except Invalid:
        return ""
    text = _SIGNATURE.sub(rf"\1{MASK}", text).replace("\ncaused by: ", "; ")
    plain = " ".join(text.split())
    return plain if len(plain) <= MAX_WORDS else plain[: MAX_WORDS - 1] + "…"


def is_wrong_version(status: int, words: str) -> bool:
    """Whether the service does not know the api-version that was asked with."""
    return status == 400 and words.startswith("invalid api-version")


def problem_of(refusal: Refusal) -> RegistryError:
    """The refusal as an error with what happened, why, and what next."""
    if refusal.status == 401:
        return _unauthorised(refusal)
    if not refusal.words:
        return Fault(
            _text(refusal, "refused without a message, which no Identity Service does"),
            hint="Check the path of the socket.",
        )
    if refusal.status == 404 and _ABSENT.match(refusal.words):
        return NotFound(_text(refusal, "the service has no such module"), hint=_ALSO_OFFLINE)
    words = _without_name(refusal.words, refusal.module_id)
    for pattern, verdict, kind, hint in _READINGS.get(refusal.status, ()):
        if re.search(pattern, words, re.IGNORECASE):
            return kind(_text(refusal, verdict), hint=hint)
    if refusal.status == 408:
        text = _text(refusal, "the service waited too long for the request")
        return Unreachable(text, layer="timeout", hint="Try again.")
    kind = Invalid if refusal.status in (400, 413, 415, 422) else Fault
    return kind(_text(refusal, "not accepted" if kind is Invalid else "the service failed"))


def _text(refusal: Refusal, verdict: str) -> str:
    words = refusal.words.rstrip(".")
    said = f"; the service says: {words}" if words else ""
    return f"{refusal.what[:1].upper()}{refusal.what[1:]}: {verdict} (HTTP {refusal.status}){said}."


def _without_name(words: str, name: str) -> str:
    """The words without what the module is called, which may read like a status or a reason."""
    if not name:
        return words
    said, semicolon, causes = words.partition("; ")
    return said + semicolon + re.sub(rf"(?<!\w){re.escape(name)}(?!\w)", "", causes)


Kind = Callable[..., RegistryError]
_ABSENT = re.compile("Hub client error; module .* not found")
_ALSO_OFFLINE = "It says the same when the hub cannot be reached and nothing of it is kept here."
_JOURNAL = f"`journalctl -u {UNIT}` says more."
_READINGS: Mapping[int, tuple[tuple[str, str, Kind, str], ...]] = {
    # the first text that fits: what it means, and what next
    400: (
        (
            "^device identity not found",
            "the device has no identity, since it was not provisioned",
            NotFound,
            f"Is provisioning.source none, or did provisioning fail? {_JOURNAL}",
        ),
        (
            "^module identity not found",
            "the hub has it without a generation",
            NotFound,
            "Delete it and create it anew.",
        ),
        (
            "local identity for .* doesn't exist",
            "no principal of that name has the type local",
            NotFound,
            "The service keeps no certificates: issuing a new one is the way, i in the console.",
        ),
        (
            "local identity for .* already exists",
            "a principal has that name and the type local, so it is fetched, not created",
            AlreadyExists,
            "Fetch it by its name instead.",
        ),
        ("^method not allowed", "there is no such call here", Unsupported, ""),
    ),
    404: (
        ("^not found$", "there is no such call at this api-version", Unsupported, ""),
        (
            r"already|\b409\b|\bconflict",
            "the hub has one of that name already",
            AlreadyExists,
            "The service answers conflicts with 404, too.",
        ),
        (
            r"ArgumentInvalid|ArgumentNull|\b400\b|InvalidDeviceId|BadRequest",
            "the hub does not take it",
            Invalid,
            "Ids are letters, digits and - : . + % _ # * ? ! ( ) , = @ ; $ ', 128 at most.",
        ),
        (
            r"LimitExceeded|QuotaExceeded|ModuleLimit|\b403\b.*(limit|quota)",
            "the hub has reached a limit",
            LimitReached,
            "A device may have 50 modules.",
        ),
        (
            r"\b429\b|throttl",
            "the hub asks the service to slow down",
            Throttled,
            "Try again in some minutes.",
        ),
        (
            r"\b40[13]\b|unauthori[sz]ed|forbidden",
            "the hub refuses the service itself",
            Denied,
            "Check the device's key or certificate in provisioning, and that it is enabled there.",
        ),
        (
            r"ModuleNotFound|\b404\b|not found|DeviceNotFound",
            "the hub has no such thing",
            NotFound,
            "",
        ),
        (
            "^DPS",
            "the provisioning service refused or could not be reached",
            Fault,
            f"Check provisioning and the network. {_JOURNAL}",
        ),
        (
            "^Key client",
            "the key service did not do its part",
            Fault,
            "See `systemctl status aziot-keyd`.",
        ),
        (
            "^Hub client",
            "the hub could not be asked",
            Fault,
            f"Is the network up, and the hub's name right? {_JOURNAL}",
        ),
    ),
    500: (("", "the service failed and tells the cause to its journal only", Fault, _JOURNAL),),
}

_OTHER_FILES = (
    "It reads a changed configuration within about ten seconds: try again. If that does not help, "
    f"see by `systemctl cat {UNIT}` and its journal whether it reads these files."
)


def _unauthorised(refusal: Refusal) -> Denied:
    """Groups and modes never lead here, though many look there first (identityd 11)."""
    verdict = f"the service does not let {refusal.caller} do this"
    hint = what_it_takes(refusal.operation, refusal.caller, refusal.module_id, refusal.view)
    return Denied(
        f"{_text(refusal, verdict)} {refusal.why}".strip(),
        hint=_OTHER_FILES if refusal.allowed_by_files else hint,
    )
