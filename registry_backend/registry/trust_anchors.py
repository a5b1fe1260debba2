"""Trust anchors of a tenant: derived from a certificate or given member by member (hono 2.3)."""

from __future__ import annotations

from collections.abc import Iterator

from registry_backend.domain.errors import FieldProblem, Invalid
from registry_backend.domain.identifiers import generate_id
from registry_backend.domain.secrets import standard_base64
from registry_backend.domain.tenants import TenantAttributes, TrustAnchor
from registry_backend.registry.certificates import (
    public_key_problem,
    read_certificate,
    standard_certificate,
)
from registry_backend.registry.names import normalise_dn

ALGORITHMS = ("RSA", "EC")
"""Keys that a trust anchor may have."""


def prepare_trust_anchors(attributes: TenantAttributes) -> TenantAttributes:
    """The attributes with every anchor complete: derived members, one spelling of the DN, an id.

    Raises:
        Invalid: with every broken rule, at paths such as `trusted-ca[0].cert`.
    """
    if not attributes.trusted_ca:
        return attributes
    anchors: list[TrustAnchor] = []
    problems: list[FieldProblem] = []
    for index, anchor in enumerate(attributes.trusted_ca):
        try:
            anchors.append(_prepared(anchor, f"trusted-ca[{index}]"))
        except Invalid as error:
            problems.extend(error.problems)
    if problems:
        raise Invalid(problems=problems)
    return attributes.model_copy(update={"trusted_ca": tuple(anchors)})


def _prepared(anchor: TrustAnchor, path: str) -> TrustAnchor:
    complete = _from_certificate(anchor, path) if anchor.cert else anchor.without("cert")
    problems = list(_problems(complete, path))
    if problems:
        raise Invalid(problems=problems)
    changes = {
        "subject_dn": normalise_dn(complete.subject_dn or ""),
        "public_key": standard_base64(complete.public_key or ""),
    }
    if complete.ocsp_responder_cert:
        changes["ocsp_responder_cert"] = standard_certificate(complete.ocsp_responder_cert)
    if not complete.id:
        changes["id"] = generate_id()
    return complete.model_copy(update=changes)


def _from_certificate(anchor: TrustAnchor, path: str) -> TrustAnchor:
    """The certificate overrides whatever was given beside it."""
    try:
        facts = read_certificate(anchor.cert or "")
    except ValueError as error:
        raise Invalid.at(f"{path}.cert", str(error)) from None
    if not facts.subject_dn:
        raise Invalid.at(f"{path}.cert", "is a certificate without a subject")
    derived = {
        "subject_dn": facts.subject_dn,
        "public_key": facts.public_key,
        "algorithm": facts.algorithm,
        "not_before": facts.not_before,
        "not_after": facts.not_after,
    }
    return anchor.without("cert").model_copy(update=derived)


def _problems(anchor: TrustAnchor, path: str) -> Iterator[FieldProblem]:
    required = {
        "subject-dn": anchor.subject_dn,
        "public-key": anchor.public_key,
        "not-before": anchor.not_before,
        "not-after": anchor.not_after,
    }
    for name, value in required.items():
        if not value:
            yield FieldProblem(f"{path}.{name}", "must be given when there is no cert")
    if anchor.subject_dn:
        try:
            normalise_dn(anchor.subject_dn)
        except ValueError as error:
            yield FieldProblem(f"{path}.subject-dn", str(error))
    if anchor.algorithm not in ALGORITHMS:
        yield FieldProblem(f"{path}.algorithm", "must be RSA or EC")
    elif anchor.public_key:
        problem = public_key_problem(anchor.public_key, anchor.algorithm)
        if problem:
            yield FieldProblem(f"{path}.public-key", problem)
    if anchor.ocsp_responder_cert is not None:
        try:
            standard_certificate(anchor.ocsp_responder_cert)
        except ValueError as error:
            yield FieldProblem(f"{path}.ocsp-responder-cert", str(error))
