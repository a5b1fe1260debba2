"""What an Identity Service would answer, in words (identityd 1 and 3)."""

from __future__ import annotations

from http import HTTPStatus

from console.render.detail import Line, Section, Tone
from registry_backend.domain.document import JsonObject
from registry_backend.domain.explanations import Answer
from registry_backend.domain.permissions import Operation

OPERATIONS: dict[Operation, tuple[str, str]] = {
    Operation.GET_IDENTITY: ("GET /identities/identity", "ask for its own identity"),
    Operation.GET_PROVISIONING: ("GET /identities/provisioning", "see how it was provisioned"),
    Operation.GET_DEVICE: ("POST /identities/device", "have the device's identity"),
    Operation.REPROVISION: ("POST /identities/device/reprovision", "provision the device anew"),
    Operation.LIST_MODULES: ("GET /identities/modules", "list the hub's modules"),
    Operation.CREATE_MODULE: ("POST /identities/modules", "create modules"),
    Operation.GET_MODULE: ("GET /identities/modules/{id}", "have a module's identity"),
    Operation.UPDATE_MODULE: ("PUT /identities/modules/{id}", "push a module's keys again"),
    Operation.DELETE_MODULE: ("DELETE /identities/modules/{id}", "delete modules"),
    Operation.GET_TRUST_BUNDLE: ("GET /trust-bundle", "read the trust bundle"),
}
"""Each call's request line, and what it is for: `may …`."""


def status_text(answer: Answer) -> str:
    """The status in number and words, and whether it is the last word."""
    try:
        words = HTTPStatus(answer.status).phrase
    except ValueError:
        words = ""
    text = f"{answer.status} {words}".strip()
    return f"{text}, if {answer.decided_by} agrees" if answer.decided_by else text


def verdict(answer: Answer) -> tuple[str, Tone]:
    """A glyph with its tone: yes, no, or yes as far as it is known."""
    if not answer.allowed:
        return "✗", "bad"
    return ("◐", "warning") if answer.decided_by else ("✓", "good")


def answer_json(answer: Answer) -> JsonObject:
    """An answer for programs."""
    members: JsonObject = {
        "uid": answer.uid,
        "role": answer.role.value,
        "operation": answer.operation.value if answer.operation else None,
        "status": answer.status,
        "message": answer.message,
        "decidedBy": answer.decided_by or None,
        "who": answer.who,
        "why": answer.why,
        "caveat": answer.caveat or None,
    }
    if answer.file is not None:
        members |= {"principal": answer.principal, "file": str(answer.file), "line": answer.line}
    return members


def section(answer: Answer, title: str) -> Section:
    """An answer on its own."""
    glyph, tone = verdict(answer)
    lines = [
        Line("answer", f"{glyph} {status_text(answer)}", tone),
    ]
    if answer.caveat:
        # Ahead of the reasons, which it may make worthless: a small screen shows few lines.
        lines.append(Line("but", answer.caveat, "warning"))
    lines.append(Line("role", answer.role.value))
    if answer.message:
        lines.append(Line("message", answer.message.replace("\n", "; ")))
    lines += [Line("caller", answer.who), Line("why", answer.why)]
    if answer.file is not None:
        lines.append(Line("decided in", f"{answer.file}:{answer.line}"))
    return Section(title, tuple(lines))
