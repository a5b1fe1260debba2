"""What an Identity Service tells, as table cells and as a detail; keys are covered."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Literal

from console.render.detail import Line, Section, Tone
from console.render.expiry import window
from console.render.text import absolute_time, day_text
from registry_backend.domain.certificates import CertificateFacts
from registry_backend.domain.document import JsonObject, compact_json
from registry_backend.domain.errors import Denied, Fault, NotFound, RegistryError
from registry_backend.domain.identities import Identity, Provisioning
from registry_backend.domain.secrets import MASK

SOON = timedelta(days=7)
"""What ends within this time stands out; services issue for a month, as a rule."""
Kind = Literal["own", "device", "provisioning", "modules", "module", "local"]
"""`modules`: the list of them could not be had."""
_KINDS: dict[Kind, str] = {
    "own": "own identity",
    "device": "device",
    "provisioning": "provisioning",
    "modules": "modules",
    "module": "module",
    "local": "local identity",
}
_NAMES: dict[Kind, str] = {
    "own": "(this console)",
    "device": "(the device)",
    "provisioning": "(provisioning)",
    "modules": "(modules)",
}


@dataclass(frozen=True, slots=True)
class IdentityRow:
    """One line of the list.

    Args:
        kind: What it is.
        module_id: The name of a module or local identity; empty for the rest.
        identity: The identity, where the service gave one.
        provisioning: Of the line of that kind.
        problem: Why the service gave nothing.
        principal: Whether the configuration names a principal that has it.
        refused: Whether the service would not give it to this caller, though it might to another.
        unsaved: Whether its private key is nowhere but in this console.
    """

    kind: Kind
    module_id: str = ""
    identity: Identity | None = None
    provisioning: Provisioning | None = None
    problem: RegistryError | None = None
    principal: bool = False
    refused: bool = False
    unsaved: bool = False

    @property
    def key(self) -> str:
        """What tells it from other rows; kinds hold no blank."""
        return key_of(self.kind, self.module_id)

    @property
    def name(self) -> str:
        """The module's id, or what stands for it."""
        return self.module_id or _NAMES.get(self.kind, "")

    @property
    def private_key(self) -> str:
        """PEM; empty where it has none."""
        return (self.identity.private_key or "") if self.identity else ""

    @property
    def key_handle(self) -> str:
        """What the key service takes for the key; empty where it was not told."""
        return (self.identity.key_handle or "") if self.identity else ""


def key_of(kind: Kind, module_id: str = "") -> str:
    """The key of a row."""
    return f"{kind} {module_id}"


def words_of(row: IdentityRow) -> str:
    """What a filter looks through."""
    return f"{row.name} {_KINDS[row.kind]}".lower()


# cells


def glyph_cell(row: IdentityRow) -> tuple[str, Tone]:
    """Whether the service gave it, in one character."""
    if row.problem is not None:
        return ("✗", "bad") if not isinstance(row.problem, Denied) else ("–", "warning")
    if row.refused and row.identity is None:
        return ("–", "warning")
    if row.identity is None and row.provisioning is None:
        return ("○", "muted")
    return ("●", "good")


def name_cell(row: IdentityRow) -> tuple[str, Tone]:
    """The name."""
    return (row.name, "" if row.module_id else "muted")


def kind_cell(row: IdentityRow) -> tuple[str, Tone]:
    """What it is."""
    return (_KINDS[row.kind], "muted")


def auth_cell(row: IdentityRow) -> str:
    """How it proves itself, where that was told."""
    if row.provisioning is not None:
        return str(row.provisioning.members.get("auth") or "")
    if row.private_key:
        return "x509"
    return (row.identity.auth_type or "") if row.identity else ""


def state_cell(row: IdentityRow, now: datetime) -> tuple[str, Tone]:
    """Who it is to the hub, how long it lasts, or what kept it away."""
    if row.problem is not None:
        return _problem_words(row.problem)
    if row.provisioning is not None:
        return (row.provisioning.source, "")
    if row.identity is None:
        return (
            ("not for this uid", "warning") if row.refused else ("not issued yet: enter", "muted")
        )
    if row.unsaved:
        return ("▲ key not saved: s", "warning")
    if row.kind == "local":
        return _validity(None, row.identity.expires_at, now)
    if row.kind == "module":
        return (f"gen {row.identity.generation_id or '—'}", "muted")
    return (_is(row.identity), "")


def _problem_words(problem: RegistryError) -> tuple[str, Tone]:
    tone: Tone = "warning" if isinstance(problem, Denied) else "bad"
    if isinstance(problem, NotFound) and "provisioned" in problem.message:
        return ("not provisioned", tone)
    return (_title(problem).lower(), tone)


def _title(problem: RegistryError) -> str:
    return "The service failed" if isinstance(problem, Fault) else problem.title


def _is(identity: Identity) -> str:
    if identity.module_id is not None:
        return f"module {identity.module_id} of {identity.device_id}"
    return f"device {identity.device_id}"


# detail


def detail(row: IdentityRow, now: datetime, *, caller_uid: int | None) -> Sequence[Section]:
    """All that may be seen of it."""
    lines = [Line("kind", _KINDS[row.kind])]
    if row.kind == "own" and caller_uid is not None:
        lines.append(Line("called as", f"uid {caller_uid}"))
    if row.principal:
        lines.append(Line("principal", "one of the configuration has it"))
    if row.problem is not None:
        return (Section(row.name, tuple(lines)), *_problem_sections(row.problem))
    if row.provisioning is not None:
        return (Section(row.name, (*lines, *_provisioning_lines(row.provisioning))),)
    if row.identity is None:
        return (
            Section(row.name, tuple(lines)),
            Section("How to have it", text=_how(row, caller_uid)),
        )
    if row.kind == "local":
        return (Section(row.name, tuple(lines)), *_local_sections(row, row.identity, now))
    sections = [Section(row.name, (*lines, *_hub_lines(row.identity)))]
    sections.append(Section("Proves itself", *_auth(row.identity)))
    return tuple(sections)


def _how(row: IdentityRow, caller_uid: int | None) -> str:
    if row.refused:
        return (
            f"The service gives it to root, to the first principal without idtype, and to the "
            f"principal {row.name} itself. uid {caller_uid} is none of them: run this console as "
            "one of them."
        )
    return "Each time it is fetched the service makes a new key and certificate: press enter."


def _problem_sections(problem: RegistryError) -> tuple[Section, ...]:
    found = (Section(_title(problem), text=problem.message),)
    return (*found, Section("What next", text=problem.hint)) if problem.hint else found


def _provisioning_lines(provisioning: Provisioning) -> list[Line]:
    lines = [Line("source", provisioning.source)]
    return lines + [
        Line(name, value if isinstance(value, str) else compact_json(value))
        for name, value in provisioning.members.items()
    ]


def _hub_lines(identity: Identity) -> list[Line]:
    lines = [Line("hub", identity.hub_name or "")]
    if identity.gateway_host != identity.hub_name:
        lines.append(Line("gateway", identity.gateway_host or ""))
    lines.append(Line("device", identity.device_id or ""))
    if identity.module_id is not None:
        lines += [
            Line("module", identity.module_id),
            Line("generation", identity.generation_id or "none"),
        ]
    return lines


def _auth(identity: Identity) -> tuple[tuple[Line, ...], str]:
    if identity.auth_type is None:
        return (), "The list does not tell how. Press enter to fetch it."
    lines = [Line("by", identity.auth_type)]
    if identity.key_handle:
        lines.append(Line("key handle", MASK))
    if identity.certificate_id:
        lines.append(Line("certificate", identity.certificate_id))
    text = "The handle is for the key service. p shows it, C copies it." if len(lines) > 1 else ""
    return tuple(lines), text


def _local_sections(row: IdentityRow, identity: Identity, now: datetime) -> tuple[Section, ...]:
    facts = identity.certificate_facts
    text = "p shows it, C copies it, s saves it to a file."
    if row.unsaved:
        text += " Nobody has it but this console, and only until that is left."
    key = Section("Private key", (Line("PKCS#8", MASK),), text)
    if facts is None:
        return (Section("Certificate", text="It cannot be decoded."), key)
    return (Section("Certificate", tuple(_certificate_lines(facts, now))), key)


def _certificate_lines(facts: CertificateFacts, now: datetime) -> list[Line]:
    authority = {True: "yes", False: "no", None: "not said"}[facts.is_authority]
    return [
        Line("subject", facts.subject),
        Line("issuer", facts.issuer),
        Line("names", ", ".join(facts.names) or "none but the subject"),
        Line("from", absolute_time(facts.begins)),
        Line("until", absolute_time(facts.ends)),
        Line("validity", *_validity(facts.begins, facts.ends, now)),
        Line("key", facts.key),
        Line("may", ", ".join(facts.usages) or "not said"),
        Line("as", ", ".join(facts.extended_usages) or "not said"),
        Line("authority", authority),
        Line("signed with", facts.signature or "not said"),
        Line("serial", facts.serial),
        Line("SHA-256", facts.fingerprint),
    ]


def _validity(begins: datetime | None, ends: datetime | None, now: datetime) -> tuple[str, Tone]:
    """As elsewhere, but calm about the month that a local identity has from the beginning."""
    if ends is not None and ends - now > SOON and (begins is None or begins <= now):
        return (f"until {day_text(ends)}", "good")
    return window(begins, ends, now)


def document(row: IdentityRow) -> JsonObject:
    """What the service said, without keys and handles."""
    if row.problem is not None:
        return {"kind": row.kind, "problem": str(row.problem)}
    if row.provisioning is not None:
        return {"source": row.provisioning.source, **row.provisioning.members}
    if row.identity is None:
        return {"kind": row.kind, "moduleId": row.module_id}
    covered = {name: MASK for name in ("key_handle", "private_key") if getattr(row.identity, name)}
    shown = row.identity.model_copy(update=covered)
    return shown.model_dump(mode="json", exclude_none=True)


# what happens next, in words


def reprovision_warning(modules: Sequence[str]) -> str:
    """What provisioning again destroys."""
    lost = ", ".join(modules) if modules else "none that can be read here"
    return (
        "The service forgets the device and its modules, provisions it as for the first time, and "
        "then deletes every principal's module from the hub and makes it anew.\n\n"
        f"Modules of principals: {lost}.\n\n"
        "Each gets a new generation: its twin, its tags and its keys are lost, and programs that "
        "use them must ask again. This cannot be taken back, and may take minutes."
    )


def delete_warning(module_id: str, *, principal: bool) -> str:
    """What deleting a module destroys."""
    text = (
        f"The hub deletes the module {module_id} with its twin, its tags and its keys. "
        "Whoever connects as it is shut out."
    )
    if principal:
        text += (
            "\n\nA principal has this name: when the service next starts or its configuration "
            "changes, it makes the module anew, with another generation."
        )
    if module_id.startswith("$"):
        text += "\n\nIt belongs to IoT Edge, which does not run without it."
    return text


def replace_warning(name: str) -> str:
    """What a second issue destroys."""
    return (
        f"The private key of {name} that was issued before is in no file yet, and nobody else has "
        "it. A new key and certificate would take its place in this list.\n\nCancel, and s saves "
        "the one that is here."
    )


def leaving_warning(names: Sequence[str]) -> str:
    """What is lost with the console."""
    listed = ", ".join(names)
    whose = f"The private key of {listed} is" if len(names) == 1 else f"The keys of {listed} are"
    return f"{whose} in no file yet. The service keeps none: what is not saved now is lost."


def update_warning(module_id: str) -> str:
    """What pushing keys again changes."""
    return (
        f"The service derives the keys of {module_id} and writes them to the hub. It is meant for "
        "modules that were made elsewhere: whoever connects with the keys that it has now is shut "
        "out."
    )
