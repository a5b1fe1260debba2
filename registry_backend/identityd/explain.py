"""What the daemon would answer to a uid, and why: pure, from the configuration alone."""

from __future__ import annotations

from collections.abc import Collection
from dataclasses import dataclass

from registry_backend.domain.explanations import Answer, CallRequest
from registry_backend.domain.permissions import Caller, Operation, Role
from registry_backend.domain.principals import FilePrincipal, IdType
from registry_backend.identityd.addresses import scheme_of
from registry_backend.identityd.authorization import (
    OPEN_TO_ALL,
    authenticate,
    authorize,
    identity_of,
)
from registry_backend.identityd.calls import Call, Refused, request_for, understand_call
from registry_backend.identityd.common_names import CUT_WITHIN, cut_name
from registry_backend.identityd.dps import (
    NOT_NESTED,
    is_assigned,
    no_device,
    no_payload_at,
    payload_of,
    source_of,
)
from registry_backend.identityd.report import place_text
from registry_backend.identityd.whole import Whole

_HUB = "the hub"
_KEYS = "the key service"
_DPS = "the provisioning service"
_PAYLOAD = "the payload's file"
_ASSIGNED = "The settings name no registration id, so the device is known by its certificate."
_REFUSED = (
    "The daemon cannot read this configuration and would not start; "
    "this is what the readable part of it comes to."
)
_UNREAD = (
    "This user may not read all of this configuration; the daemon may find more in it than this."
)
_AZIOT_ONLY = frozenset({Operation.LIST_MODULES, Operation.UPDATE_MODULE, Operation.DELETE_MODULE})


@dataclass(frozen=True, slots=True)
class _Outcome:
    """What is answered once the caller may call."""

    status: int
    message: str = ""
    decided_by: str = ""
    why: str = ""


def explain_all(whole: Whole, uid: int, *, module_id: str, kind: str) -> tuple[Answer, ...]:
    """The answers to all ten calls, those about a module for one; empty for the uid's own."""
    own = whole.callers.get(uid)
    name = module_id or (own.principal.name if own and own.principal else "module")
    return tuple(
        explain(whole, uid, request_for(operation, module_id=name, kind=kind))
        for operation in Operation
    )


def explain(whole: Whole, uid: int, request: CallRequest) -> Answer:
    """What the service would answer, as far as its configuration decides it.

    Where the hub or the key service has the last word, the answer is that of success and
    `decided_by` says who may still refuse.
    """
    principals = {of: at.principal for of, at in whole.callers.items() if at.principal is not None}
    caller = authenticate(uid, principals)
    entry = whole.callers.get(uid)
    found = understand_call(request)
    if isinstance(found, Refused):
        operation = None
        outcome = _Outcome(found.status, found.message, why=found.why)
    elif not authorize(found.operation, caller, module_id=found.module_id):
        operation = found.operation
        outcome = _Outcome(401, "authorization error", why=_why_refused(found, caller))
    else:
        operation = found.operation
        result = _outcome(whole, caller, found)
        why = f"{_why_allowed(found, caller)} {result.why}".strip()
        outcome = _Outcome(result.status, result.message, result.decided_by, why)
    return Answer(
        uid=uid,
        role=caller.role,
        operation=operation,
        status=outcome.status,
        message=outcome.message,
        decided_by=outcome.decided_by,
        who=_who(whole, caller, entry),
        why=outcome.why,
        caveat=_caveat(whole),
        principal=caller.principal.name if caller.principal else "",
        file=entry.file if entry else None,
        line=entry.line if entry else 0,
    )


def _caveat(whole: Whole) -> str:
    """Why the service may answer otherwise than its readable files say."""
    if whole.settings is not None:
        return ""
    broken = [file for file in whole.config.files if whole.is_fatal(file.path)]
    # A principal that is refused is so whatever the unread files say; a key may stand in them.
    refused = any(refusal.path[0] == "principal" for refusal in whole.read.refusals)
    unread = broken and all(file.unread_here for file in broken)
    return _UNREAD if unread and not refused else _REFUSED


def _who(whole: Whole, caller: Caller, entry: FilePrincipal | None) -> str:
    """How the service comes to take the uid for what it does."""
    match caller.role:
        case Role.ROOT:
            return "uid 0 is root, and no principal claims it."
        case Role.UNKNOWN:
            return f"No principal that counts has uid {caller.uid}.{_inert(whole, caller.uid)}"
    name = caller.principal.name if caller.principal else ""
    place = place_text(entry) if entry else ""
    if caller.role is Role.DAEMON:
        return f"uid {caller.uid} is “{name}” in {place}, the first principal without idtype."
    kinds = caller.principal.idtype if caller.principal else None
    types = ", ".join(kind.value for kind in kinds or ()) or "none"
    word = "type" if len(kinds or ()) == 1 else "types"
    return f"uid {caller.uid} is “{name}” in {place}, with the {word} {types}."


def _inert(whole: Whole, uid: int) -> str:
    """That a table of this uid is there, and has no effect."""
    for at in whole.ordered:
        if at.principal is not None and at.principal.uid == uid:
            return (
                f" “{at.principal.name}” in {place_text(at)} has no effect, since only the first "
                "principal without idtype counts."
            )
    return ""


def _why_refused(call: Call, caller: Caller) -> str:
    if caller.role is Role.UNKNOWN:
        return "Strangers may ask only for provisioning and the trust bundle."
    match call.operation:
        case Operation.GET_DEVICE:
            return "The device's identity is for the type device."
        case Operation.GET_IDENTITY:
            return "Without a type there is no identity to answer with."
        case Operation.GET_MODULE:
            own = caller.principal is not None and call.module_id == caller.principal.name
            if own:
                return "An identity of its own name is for the types module and local."
            return f"It may ask for its own name only, and “{call.module_id}” is another's."
        case _:
            return "Only root and the daemon's principal may do this."


def _why_allowed(call: Call, caller: Caller) -> str:
    if call.operation in OPEN_TO_ALL:
        return "Everybody may ask this."
    if caller.role in (Role.ROOT, Role.DAEMON):
        return "It may call everything."
    if call.operation is Operation.GET_IDENTITY:
        if identity_of(caller) == "device":
            return "It is answered with the device, since it has the type device."
        return "It is answered with the module of its own name."
    return "Its types allow that."


def _outcome(whole: Whole, caller: Caller, call: Call) -> _Outcome:
    """The answer to a call that is allowed."""
    match call.operation:
        case Operation.GET_TRUST_BUNDLE:
            return _Outcome(200, why="The bundle is always empty.")
        case Operation.GET_PROVISIONING:
            return _of_provisioning(whole)
        case Operation.REPROVISION:
            return _of_reprovisioning(whole)
        case Operation.GET_DEVICE:
            return _of_device(whole)
        case Operation.GET_IDENTITY:
            name = caller.principal.name if caller.principal else ""
            is_device = identity_of(caller) == "device"
            return _of_device(whole) if is_device else _of_hub(whole, name)
    return _of_module(whole, call)


def _of_module(whole: Whole, call: Call) -> _Outcome:
    if refused := _wrong_type(call):
        return refused
    if call.kind == "local":
        return _of_local(whole, call)
    status = 204 if call.operation is Operation.DELETE_MODULE else 200
    return _of_hub(whole, call.module_id, status)


def _wrong_type(call: Call) -> _Outcome | None:
    text = "The call needs type=aziot in its query."
    if call.kind is None:
        return _invalid("type", "missing parameter", text)
    allowed = ("aziot",) if call.operation in _AZIOT_ONLY else ("aziot", "local")
    if call.kind not in allowed:
        return _invalid("type", f"invalid type: {call.kind}", text)
    return None


def _of_local(whole: Whole, call: Call) -> _Outcome:
    name = call.module_id or ""
    known = name in _local_names(whole)
    if call.operation is Operation.CREATE_MODULE:
        if known:
            text = "Names of local principals are not created, only fetched."
            return _invalid("moduleId", f"local identity for {name} already exists", text)
        return _issued(whole, name, "A certificate is issued for the name.")
    if known:
        return _issued(whole, name, "A certificate and a key are issued anew.")
    text = "No principal of that name has the type local."
    return _invalid("moduleId", f"local identity for {name} doesn't exist", text)


def _issued(whole: Whole, name: str, why: str) -> _Outcome:
    """What comes of a certificate for a name that is allowed."""
    localid, hostname = whole.merged.table.get("localid"), whole.merged.table.get("hostname")
    domain = localid.get("domain") if isinstance(localid, dict) else None
    if not isinstance(domain, str):
        text = "There is no [localid] table with a domain for the certificate."
        return _Outcome(500, "internal error", why=text)
    if isinstance(hostname, str) and cut_name(name, hostname, domain) is None:
        return _invalid("moduleId", CUT_WITHIN, "idconsole answers so; the daemon dies of it.")
    return _Outcome(200, why=why)


def _of_hub(whole: Whole, module_id: str | None, status: int = 200) -> _Outcome:
    if module_id is not None and not module_id.strip():
        return _invalid("module_id", "module name cannot be empty", "The name is blank.")
    if why := no_device(whole):
        return _Outcome(400, "device identity not found", why=why)
    if is_assigned(whole):
        return _Outcome(status, decided_by=_DPS, why=_ASSIGNED)
    return _Outcome(
        status, decided_by=_HUB, why="The hub has the last word: whatever it refuses ends in 404."
    )


def _of_device(whole: Whole) -> _Outcome:
    if why := no_device(whole):
        return _Outcome(400, "device identity not found", why=why)
    if is_assigned(whole):
        return _Outcome(200, decided_by=_DPS, why=_ASSIGNED)
    return _Outcome(200, decided_by=_KEYS)


def _of_reprovisioning(whole: Whole) -> _Outcome:
    source = source_of(whole)
    if source == "dps" and (why := no_device(whole)):
        return _Outcome(404, NOT_NESTED, why=why)
    if source == "none":
        return _Outcome(204)
    return _Outcome(204, decided_by=_DPS if source == "dps" else _HUB)


def _of_provisioning(whole: Whole) -> _Outcome:
    uri = payload_of(whole)
    if uri is None:
        return _Outcome(200)
    scheme = scheme_of(uri)
    if scheme != "file":
        return _invalid("provisioning.payload", no_payload_at(scheme), "Only files are read.")
    return _Outcome(200, decided_by=_PAYLOAD)


def _invalid(name: str, cause: str, why: str) -> _Outcome:
    return _Outcome(400, f'parameter "{name}" has an invalid value\ncaused by: {cause}', why=why)


def _local_names(whole: Whole) -> Collection[str]:
    """Names with the type local, whether or not their uid reaches them."""
    return {
        at.principal.name
        for at in whole.ordered
        if at.principal is not None and IdType.LOCAL in (at.principal.idtype or ())
    }
