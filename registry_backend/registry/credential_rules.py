"""What a credential must look like before it is looked at beside the stored ones (hono 2.5).

Pure: a list of drafts in, the drafts in their final spelling out, or every broken rule at once.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator, Sequence

from registry_backend.domain.credentials import (
    HASHED_PASSWORD,
    PSK,
    RPK,
    X509,
    X509_THUMBPRINT,
    Credential,
    CredentialRules,
    Secret,
)
from registry_backend.domain.errors import FieldProblem, Invalid
from registry_backend.domain.identifiers import HONO_CREDENTIAL_TYPE, HONO_USERNAME, allowed_in
from registry_backend.domain.secrets import (
    check_bcrypt_hash,
    check_password,
    decode_base64,
    standard_base64,
)
from registry_backend.registry.certificates import public_key_problem, read_certificate
from registry_backend.registry.facts import CertificateFacts
from registry_backend.registry.names import normalise_dn
from registry_backend.registry.settings import RegistrySettings

MATERIAL: dict[str, frozenset[str]] = {
    HASHED_PASSWORD: frozenset({"hash_function", "pwd_hash", "salt", "pwd_plain"}),
    PSK: frozenset({"key"}),
    RPK: frozenset({"key", "algorithm", "cert"}),
    X509: frozenset(),
    X509_THUMBPRINT: frozenset(),
}
"""Members of `Secret` that a type checks against; types not listed hold what they like."""
USUAL_RULES = CredentialRules()
MAX_AUTH_ID_LENGTH = 1024
"""Our own bound, so that a key of the store's index stays small."""
_ALL_MATERIAL = frozenset().union(*MATERIAL.values())
_DIGEST_BYTES = {"sha-256": 32, "sha-512": 64}
_THUMBPRINT = re.compile(r"[0-9A-Fa-f]{40}|[0-9A-Fa-f]{64}")

Problems = Iterator[FieldProblem]


def prepare_credentials(
    drafts: Sequence[Credential],
    settings: RegistrySettings,
    rules: CredentialRules = USUAL_RULES,
) -> tuple[Credential, ...]:
    """The drafts with certificates read, names in one spelling, and no empty members.

    Plain passwords are checked here but hashed later.

    Raises:
        Invalid: with every broken rule, at paths such as `[0].secrets[1].key`.
    """
    prepared: list[Credential] = []
    problems: list[FieldProblem] = []
    seen: set[tuple[str, str]] = set()
    for index, draft in enumerate(drafts):
        path = f"[{index}]"
        try:
            credential = _derived(draft, path, rules)
        except Invalid as error:
            problems.extend(error.problems)
            continue
        problems.extend(_problems(credential, path, settings, rules))
        if (credential.type, credential.auth_id) in seen:
            text = f"{credential.auth_id!r} of type {credential.type} is in the request twice"
            problems.append(FieldProblem(f"{path}.auth-id", text))
        seen.add((credential.type, credential.auth_id))
        prepared.append(credential)
    if problems:
        raise Invalid(problems=problems)
    return tuple(prepared)


def _derived(draft: Credential, path: str, rules: CredentialRules) -> Credential:
    """The draft with what a certificate says in place of the certificate."""
    if draft.type == X509:
        return _x509(draft, path)
    if draft.cert is not None:
        raise Invalid.at(f"{path}.cert", f"belongs to type {X509}, not to {draft.type}")
    if draft.type not in MATERIAL or (draft.type == RPK and not rules.raw_keys):
        return draft.without("cert")
    secrets = tuple(
        _in_one_form(draft.type, secret, f"{path}.secrets[{index}]")
        for index, secret in enumerate(draft.secrets)
    )
    return draft.without("cert").model_copy(update={"secrets": secrets})


def _in_one_form(kind: str, secret: Secret, path: str) -> Secret:
    """Without nulls, its key as standard base64 (hono 2.6); what is none is refused later."""
    whole = _without_nulls(_rpk(secret, path) if kind == RPK else secret)
    if kind not in (PSK, RPK) or whole.key is None:
        return whole
    try:
        key = standard_base64(whole.key)
    except ValueError:
        return whole
    return whole if key == whole.key else whole.model_copy(update={"key": key})


def _x509(draft: Credential, path: str) -> Credential:
    if not draft.cert:
        try:
            return draft.without("cert").model_copy(update={"auth_id": normalise_dn(draft.auth_id)})
        except ValueError:  # what is no name is kept as it is (hono 2.1)
            return draft.without("cert")
    facts = _facts(draft.cert, f"{path}.cert")
    if not facts.subject_dn:
        raise Invalid.at(f"{path}.cert", "is a certificate without a subject to identify it by")
    secret = Secret(not_before=facts.not_before, not_after=facts.not_after)
    update = {"auth_id": facts.subject_dn, "secrets": (secret,)}
    return draft.without("cert").model_copy(update=update)


def _rpk(secret: Secret, path: str) -> Secret:
    if not secret.cert:
        return secret
    facts = _facts(secret.cert, f"{path}.cert")
    update = {
        "key": facts.public_key,
        "algorithm": facts.algorithm,
        "not_before": facts.not_before,
        "not_after": facts.not_after,
    }
    return secret.without("cert").model_copy(update=update)


def _facts(content: str, path: str) -> CertificateFacts:
    try:
        return read_certificate(content)
    except ValueError as error:
        raise Invalid.at(path, str(error)) from None


def _without_nulls(secret: Secret) -> Secret:
    """A member given as null says no more than one left out."""
    given = _ALL_MATERIAL & secret.model_fields_set
    return secret.without(*(name for name in given if getattr(secret, name) is None))


def _problems(
    credential: Credential, path: str, settings: RegistrySettings, rules: CredentialRules
) -> Problems:
    kind = credential.type
    yield from _name_problems(credential, path, rules)
    if not credential.secrets:
        yield FieldProblem(f"{path}.secrets", "must hold at least one secret")
    if kind == X509 and len(credential.secrets) > 1:
        yield FieldProblem(f"{path}.secrets", f"must hold exactly one secret for type {X509}")
    yield from _id_problems(credential, path)
    for index, secret in enumerate(credential.secrets):
        at = f"{path}.secrets[{index}]"
        if kind == RPK and not rules.raw_keys:
            continue
        yield from _stray_members(kind, secret, at)
        rule = _RULES.get(kind)
        if rule:
            yield from rule(secret, at, settings)
    if kind == X509_THUMBPRINT and not any(map(_thumbprint, credential.secrets)):
        yield FieldProblem(f"{path}.secrets", "must hold a thumbprint")


def _name_problems(credential: Credential, path: str, rules: CredentialRules) -> Problems:
    kind, auth_id = credential.type, credential.auth_id
    if rules.patterns and not HONO_CREDENTIAL_TYPE.fullmatch(kind):
        yield FieldProblem(f"{path}.type", f"use {allowed_in(HONO_CREDENTIAL_TYPE)}")
    for name, text in (("type", kind), ("auth-id", auth_id)):
        if len(text) > MAX_AUTH_ID_LENGTH:
            yield FieldProblem(f"{path}.{name}", f"is longer than {MAX_AUTH_ID_LENGTH} characters")
    if rules.patterns and kind == HASHED_PASSWORD and not HONO_USERNAME.fullmatch(auth_id):
        yield FieldProblem(f"{path}.auth-id", f"use {allowed_in(HONO_USERNAME)}")


def _id_problems(credential: Credential, path: str) -> Problems:
    seen: set[str] = set()
    for index, secret in enumerate(credential.secrets):
        if secret.id in seen:
            text = f"{secret.id!r} is used by another secret of this credential"
            yield FieldProblem(f"{path}.secrets[{index}].id", text)
        if secret.id:
            seen.add(secret.id)


def _stray_members(kind: str, secret: Secret, path: str) -> Problems:
    """Material of one type must not hide in another that the registry understands."""
    stray = _ALL_MATERIAL - MATERIAL[kind] if kind in MATERIAL else frozenset()
    for name in sorted(stray):
        if getattr(secret, name) is not None:
            member = name.replace("_", "-")
            yield FieldProblem(f"{path}.{member}", f"does not belong to a secret of type {kind}")


def _password(secret: Secret, path: str, settings: RegistrySettings) -> Problems:
    if secret.pwd_plain is not None:  # it wins over a hash beside it (hono 2.5)
        problem = check_password(secret.pwd_plain)
        if problem:
            yield FieldProblem(f"{path}.pwd-plain", problem)
    elif secret.pwd_hash is not None:
        yield from _hash(secret, secret.pwd_hash, path, settings)
    elif secret.hash_function is not None or secret.salt is not None:
        yield FieldProblem(f"{path}.pwd-hash", "must be given with hash-function or salt")
    elif not secret.id:
        yield FieldProblem(path, "a new secret needs pwd-plain, or pwd-hash and hash-function")


def _hash(secret: Secret, pwd_hash: str, path: str, settings: RegistrySettings) -> Problems:
    function = secret.hash_function
    if function is None:
        yield FieldProblem(f"{path}.hash-function", "must be given with pwd-hash")
    elif function not in settings.hash_functions:
        allowed = ", ".join(settings.hash_functions)
        yield FieldProblem(f"{path}.hash-function", f"must be one of {allowed}")
    elif function == "bcrypt":
        problem = check_bcrypt_hash(pwd_hash, max_cost=settings.max_bcrypt_cost)
        if problem:
            yield FieldProblem(f"{path}.pwd-hash", problem)
    else:
        wanted, length = _DIGEST_BYTES[function], _decoded_length(pwd_hash)
        if length != wanted:
            text = f"must be base64 of the {wanted} bytes of a {function} digest"
            yield FieldProblem(f"{path}.pwd-hash", text)
        if secret.salt is not None and _decoded_length(secret.salt) is None:
            yield FieldProblem(f"{path}.salt", "must be base64")


def _psk(secret: Secret, path: str, _: RegistrySettings) -> Problems:
    if secret.key is not None:
        if not _decoded_length(secret.key):
            yield FieldProblem(f"{path}.key", "must be base64 of at least one byte")
    elif not secret.id:
        yield FieldProblem(f"{path}.key", "must be given for a new secret")


def _raw_public_key(secret: Secret, path: str, _: RegistrySettings) -> Problems:
    if secret.key is None:
        if secret.algorithm is not None:
            yield FieldProblem(f"{path}.key", "must be given with algorithm")
        elif not secret.id:
            yield FieldProblem(path, "a new secret needs key and algorithm, or cert")
    elif secret.algorithm not in ("EC", "RSA"):
        yield FieldProblem(f"{path}.algorithm", "must be EC or RSA")
    else:
        problem = public_key_problem(secret.key, secret.algorithm)
        if problem:
            yield FieldProblem(f"{path}.key", problem)


def _thumbprint_form(secret: Secret, path: str, _: RegistrySettings) -> Problems:
    thumbprint = _thumbprint(secret)
    if thumbprint is not None and not (
        isinstance(thumbprint, str) and _THUMBPRINT.fullmatch(thumbprint)
    ):
        yield FieldProblem(f"{path}.thumbprint", "must be 40 or 64 hex digits without separators")


def _thumbprint(secret: Secret) -> object | None:
    return secret.unknown().get("thumbprint")


def _decoded_length(text: str) -> int | None:
    try:
        return len(decode_base64(text))
    except ValueError:
        return None


_RULES: dict[str, Callable[[Secret, str, RegistrySettings], Problems]] = {
    HASHED_PASSWORD: _password,
    PSK: _psk,
    RPK: _raw_public_key,
    X509_THUMBPRINT: _thumbprint_form,
}
