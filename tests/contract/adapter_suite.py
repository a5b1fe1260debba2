"""The contract of the adapter interface, written once and inherited by every adapter's tests.

A test class derives from `AdapterSuite` and supplies the fixture `adapter`. The ports decide what
runs: a registry without a port has nothing to show there.
"""

from __future__ import annotations

from console.adapters.base import RegistryAdapter
from tests.contract.adapter_credentials import CredentialsSuite
from tests.contract.adapter_devices import DevicesSuite
from tests.contract.adapter_identity import ModulesSuite, ProvisioningSuite
from tests.contract.adapter_jobs import JobsSuite
from tests.contract.adapter_journal import JournalSuite
from tests.contract.adapter_principals import PrincipalsSuite
from tests.contract.adapter_tenants import TenantsSuite


class AdapterSuite(
    TenantsSuite,
    DevicesSuite,
    CredentialsSuite,
    JobsSuite,
    JournalSuite,
    PrincipalsSuite,
    ModulesSuite,
    ProvisioningSuite,
):
    """Everything an adapter promises."""

    def test_it_says_what_it_is(self, adapter: RegistryAdapter) -> None:
        """The header shows a name and an address without secrets."""
        assert adapter.title
        assert adapter.address
        assert adapter.kind in ("local", "hono", "iothub", "identity")
