"""What calls of an Identity Service may end in, children of the family (identityd 1.2)."""

from __future__ import annotations

from registry_backend.domain.errors import Denied, Fault, Invalid, NotFound


class NotAuthorized(Denied):
    """The uid may not make this call."""

    def __init__(self) -> None:
        super().__init__("authorization error")


class BadParameter(Invalid):
    """A parameter of a call has a value that cannot be.

    Args:
        parameter: Its name, as the protocol has it.
        cause: Why, in the protocol's words.
    """

    def __init__(self, parameter: str, cause: str) -> None:
        super().__init__(f'parameter "{parameter}" has an invalid value', hint=cause)
        self.cause = cause


class NoDevice(NotFound):
    """The device has no identity: it was not provisioned."""

    def __init__(self) -> None:
        super().__init__("device identity not found")


class HubFailed(Fault):
    """The hub could not, or would not, do its part.

    Args:
        cause: What it said.
    """

    def __init__(self, cause: str) -> None:
        super().__init__("Hub client error", hint=cause)
        self.cause = cause


class ProvisioningFailed(Fault):
    """The provisioning service could not, or would not, do its part.

    Args:
        cause: What it said; None where it was not even asked.
    """

    def __init__(self, message: str = "DPS client error", cause: str | None = None) -> None:
        super().__init__(message, hint=cause or "")
        self.cause = cause
