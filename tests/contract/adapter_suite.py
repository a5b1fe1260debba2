"""The contract of the adapter interface, written once and inherited by every adapter's tests.

A test class derives from `AdapterSuite` and from the suites of just the ports that its adapter has,
and supplies the fixture `adapter`.
"""

from __future__ import annotations

from console.adapters.base import RegistryAdapter
from console.adapters.read_only import READING
from tests.contract.adapter_connections import ConnectionsSuite
from tests.contract.adapter_credentials import CredentialsSuite
from tests.contract.adapter_devices import DevicesSuite
from tests.contract.adapter_help import AdapterTests
from tests.contract.adapter_identity import ModulesSuite, ProvisioningSuite
from tests.contract.adapter_jobs import JobsSuite
from tests.contract.adapter_journal import JournalSuite
from tests.contract.adapter_principals import PrincipalsSuite
from tests.contract.adapter_statistics import StatisticsSuite
from tests.contract.adapter_tenants import TenantsSuite

SUITES: dict[str, type[object]] = {
    "tenants": TenantsSuite,
    "devices": DevicesSuite,
    "credentials": CredentialsSuite,
    "jobs": JobsSuite,
    "statistics": StatisticsSuite,
    "journal": JournalSuite,
    "principals": PrincipalsSuite,
    "connections": ConnectionsSuite,
    "modules": ModulesSuite,
    "provisioning": ProvisioningSuite,
}
"""What each port promises, by the adapter's attribute that holds it."""


class AdapterSuite(AdapterTests):
    """What every adapter promises, whatever ports it has."""

    def test_each_port_it_has_is_tested_and_no_other(self, adapter: RegistryAdapter) -> None:
        """A port without its suite would be a promise that nobody holds it to."""
        ports = {name for name in READING if getattr(adapter, name) is not None}
        assert ports == {name for name, suite in SUITES.items() if isinstance(self, suite)}

    def test_it_says_what_it_is(self, adapter: RegistryAdapter) -> None:
        """The header shows a name and an address without secrets."""
        assert adapter.title
        assert adapter.address
        assert adapter.kind in ("local", "hono", "iothub", "identity")
