"""The client library as it is, and what it says when the hub refuses."""

from __future__ import annotations

from collections.abc import Callable
from contextlib import ExitStack
from dataclasses import dataclass, field
from typing import Any

import pytest
from azure.iot.hub import (  # type: ignore[import-untyped]
    IoTHubJobManager,
    IoTHubRegistryManager,
    models,
)
from msrest.exceptions import HttpOperationError

from registry_backend.domain.policies import Policy
from registry_backend.wire.connection_strings import HubConnection, format_hub

MODELS: Any = models
"""The library's own classes of devices, queries and jobs."""


@dataclass(frozen=True, slots=True)
class Hub:
    """A served hub.

    Args:
        host: Host and port.
        policies: By name.
    """

    host: str
    policies: dict[str, Policy]
    lasting: ExitStack = field(default_factory=ExitStack)
    """Connections of the managers that were given out."""

    def connection_string(self, policy: str = "iothubowner", *, host: str | None = None) -> str:
        """As `idconsole connection-string` prints it."""
        key = self.policies[policy].primary_key
        return format_hub(HubConnection(host or self.host, policy, key))

    def registry(self, policy: str = "iothubowner", *, host: str | None = None) -> Any:
        """The library's manager of devices."""
        text = self.connection_string(policy, host=host)
        return self.connected(text)

    def connected(self, connection_string: str) -> Any:
        """The library's manager of devices, with any such string."""
        return self._lasting(IoTHubRegistryManager.from_connection_string(connection_string))

    def jobs(self, policy: str = "iothubowner") -> Any:
        """The library's manager of jobs."""
        text = self.connection_string(policy)
        return self._lasting(IoTHubJobManager.from_connection_string(text))

    def _lasting(self, manager: Any) -> Any:
        """One connection for all calls: the library leaves others to the garbage."""
        self.lasting.enter_context(manager.protocol)
        return manager


def refused(call: Callable[..., object], *arguments: object) -> tuple[int, str]:
    """The status and the hub's error code of a call that was refused."""
    with pytest.raises(HttpOperationError) as raised:
        call(*arguments)
    response = raised.value.response
    return response.status_code, response.headers.get("iothub-errorcode", "")
