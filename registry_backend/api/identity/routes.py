"""Who answers each of the ten calls; where they are, `identityd.calls` says (identityd 1)."""

from __future__ import annotations

from collections.abc import Awaitable, Callable, Mapping

from registry_backend.api.answers import Answer
from registry_backend.api.identity import calls
from registry_backend.api.identity.calls import Call
from registry_backend.domain.permissions import Operation

HANDLERS: Mapping[Operation, Callable[[Call], Awaitable[Answer]]] = {
    Operation.GET_IDENTITY: calls.get_identity,
    Operation.GET_PROVISIONING: calls.get_provisioning,
    Operation.GET_DEVICE: calls.get_device,
    Operation.REPROVISION: calls.reprovision,
    Operation.LIST_MODULES: calls.list_modules,
    Operation.CREATE_MODULE: calls.create_module,
    Operation.GET_MODULE: calls.get_module,
    Operation.UPDATE_MODULE: calls.update_module,
    Operation.DELETE_MODULE: calls.delete_module,
    Operation.GET_TRUST_BUNDLE: calls.get_trust_bundle,
}
