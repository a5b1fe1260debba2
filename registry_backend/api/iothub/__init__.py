"""IoT Hub's device identities and jobs over HTTP (iothub 2): one file per resource."""

from registry_backend.api.iothub.service import HubOptions, HubService

__all__ = ["HubOptions", "HubService"]
