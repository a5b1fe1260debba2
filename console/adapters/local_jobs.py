"""Who runs the bundled registry's jobs in this process, loaded when jobs are first looked at."""

from __future__ import annotations

from collections.abc import Sequence

from registry_backend.domain.credentials import Credential
from registry_backend.jobs.owners import this_process
from registry_backend.jobs.preparing import Preparation
from registry_backend.jobs.runner import JobRunner
from registry_backend.registry import Registry, RegistrySettings
from registry_backend.registry.credential_rules import prepare_credentials
from registry_backend.registry.credentials import hash_passwords
from registry_backend.registry.trust_anchors import prepare_trust_anchors


def job_runner(registry: Registry) -> JobRunner:
    """Who runs the registry's jobs in this process, under the registry's rules."""
    settings = registry.settings
    return JobRunner(
        registry.store,
        owner=this_process(),
        preparation=_preparation(settings),
        max_devices=settings.max_devices_per_tenant,
    )


def _preparation(settings: RegistrySettings) -> Preparation:
    """What files bring is held to the rules that hold for what people type."""

    def credentials(drafts: Sequence[Credential]) -> tuple[Credential, ...]:
        prepared = prepare_credentials(drafts, settings)
        return hash_passwords(prepared, cost=settings.bcrypt_cost)

    return Preparation(tenant=prepare_trust_anchors, credentials=credentials)
