"""Who runs a registry's jobs in this process, under the registry's own rules."""

from __future__ import annotations

from collections.abc import Sequence
from pathlib import Path

from registry_backend.domain.credentials import Credential, CredentialRules
from registry_backend.jobs.owners import this_process
from registry_backend.jobs.places import ANYWHERE, ContainerKind
from registry_backend.jobs.preparing import Preparation
from registry_backend.jobs.runner import JobRunner
from registry_backend.registry import Registry, RegistrySettings
from registry_backend.registry.credential_rules import prepare_credentials
from registry_backend.registry.credentials import hash_passwords
from registry_backend.registry.trust_anchors import prepare_trust_anchors


def job_runner(
    registry: Registry,
    *,
    spool: Path | None,
    containers: frozenset[ContainerKind] = ANYWHERE,
) -> JobRunner:
    """A runner for the registry; `start` it, and `close` it before the registry.

    Args:
        registry: Whose devices are moved.
        spool: See `work.spool_beside`; None: no blob containers.
        containers: What callers may name; `places.OF_A_SERVER` for callers over the network.
    """
    settings = registry.settings
    return JobRunner(
        registry.store,
        owner=this_process(),
        preparation=_preparation(settings),
        max_devices=settings.max_devices_per_tenant,
        containers=containers,
        spool=spool,
    )


def _preparation(settings: RegistrySettings) -> Preparation:
    """What files bring is held to the rules that hold for what people type.

    But for names: a copy may hold those that a listener of Hono 1.1 has taken (hono 2.1).
    """

    def credentials(drafts: Sequence[Credential]) -> tuple[Credential, ...]:
        prepared = prepare_credentials(drafts, settings, CredentialRules(patterns=False))
        return hash_passwords(prepared, cost=settings.bcrypt_cost)

    return Preparation(tenant=prepare_trust_anchors, credentials=credentials)
