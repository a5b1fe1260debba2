"""`idconsole principals explain`: what the daemon would answer to a user, and why."""

from __future__ import annotations

import argparse
from collections.abc import Sequence

from console.commands.boundary import GOOD, UsageFault
from console.commands.output import JsonArray, Table, say, write, write_json
from console.commands.waiting import answer_of
from console.render.answers import OPERATIONS, answer_json, status_text
from console.render.text import sanitise
from registry_backend.domain.errors import Invalid
from registry_backend.domain.explanations import LATEST_VERSION, Answer, CallRequest
from registry_backend.domain.permissions import Operation
from registry_backend.domain.principals import PrincipalConfig
from registry_backend.identityd.calls import request_for
from registry_backend.identityd.principals import PrincipalFiles
from registry_backend.identityd.targets import read_target
from registry_backend.identityd.users import find_uid


def explain(options: argparse.Namespace, files: PrincipalFiles) -> int:
    """Explain one call, or all ten; explaining a refusal is no failure."""
    uid = _uid(options.uid)
    if options.module == "":
        raise UsageFault("--module needs the name of a module or local identity.")
    request = _request(options, uid, files)
    if request is not None:
        _write_one(answer_of(files.explain(uid, request)), json=options.json)
    else:
        answers = files.answers(str(uid), module_id=options.module or "", kind=options.type)
        _write_all(answer_of(answers), json=options.json)
    return GOOD


def _uid(text: str | None) -> int:
    if text is None:
        raise UsageFault("explain needs --uid N, the number or the name of a user.")
    try:
        return find_uid(text)
    except Invalid as error:
        raise UsageFault(str(error)) from None


def _request(options: argparse.Namespace, uid: int, files: PrincipalFiles) -> CallRequest | None:
    if options.call is not None and (options.path or options.method):
        raise UsageFault("Give --call, or --method and --path, not both.")
    if options.path or options.method:
        if not options.path:
            raise UsageFault("--method needs --path.")
        return _raw(options.method or "GET", options.path)
    if options.call is None:
        return None
    operation = next((found for found in Operation if found.value == options.call), None)
    if operation is None:
        names = ", ".join(found.value for found in Operation)
        raise UsageFault(f"--call must be one of {names}.")
    module_id = options.module or _own_name(answer_of(files.load()), uid)
    return request_for(operation, module_id=module_id, kind=options.type)


def _raw(method: str, path: str) -> CallRequest:
    """A request as typed; the newest version is meant where none is."""
    target = read_target(path)
    query = target.parameters
    if target.api_version is None:
        query = (*query, ("api-version", LATEST_VERSION))
    return CallRequest(method=method.upper(), path=target.path, query=query)


def _own_name(config: PrincipalConfig, uid: int) -> str:
    """The name of the uid's principal: what it would most likely ask for."""
    names = [
        at.principal.name for at in config.principals if at.principal and at.principal.uid == uid
    ]
    return names[-1] if names else "module"


def _write_one(answer: Answer, *, json: bool) -> None:
    _warn(answer)
    if json:
        write_json(answer_json(answer))
        return
    write(f"{status_text(answer)}\n")
    for line in answer.message.splitlines():
        write(f"  {sanitise(line)}\n")
    write(sanitise(f"{answer.who} {answer.why}") + "\n")
    if answer.file is not None:
        write(sanitise(f"{answer.file}:{answer.line}") + "\n")


def _warn(answer: Answer) -> None:
    if answer.caveat:
        say(answer.caveat)


def _write_all(answers: Sequence[Answer], *, json: bool) -> None:
    _warn(answers[0])
    if json:
        array = JsonArray()
        array.write([answer_json(answer) for answer in answers])
        array.end()
        return
    write(sanitise(answers[0].who) + "\n")
    table = Table("CALL", "REQUEST", "ANSWER", "WHY")
    table.write(
        [
            (
                answer.operation.value,
                OPERATIONS[answer.operation][0],
                status_text(answer),
                answer.why,
            )
            for answer in answers
            if answer.operation is not None
        ]
    )
