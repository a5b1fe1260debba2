"""Member names as hubs read them: without case, blanks around them trimmed (iothub 3.3, 4.1)."""

from __future__ import annotations

from registry_backend.domain.document import JsonObject

_NAMES = {
    name.lower(): name
    for name in (
        *("deviceId", "id", "eTag", "importMode", "status", "statusReason", "authentication"),
        *("symmetricKey", "primaryKey", "secondaryKey"),
        *("x509Thumbprint", "primaryThumbprint", "secondaryThumbprint", "type"),
        *("capabilities", "iotEdge", "deviceScope", "parentScopes", "moduleId"),
        *("query", "policyKey", "devices"),
        *("jobId", "inputBlobContainerUri", "outputBlobContainerUri", "exportBlobContainerUri"),
        *("inputBlobName", "outputBlobName", "excludeKeysInExport", "excludeKeys"),
        *("includeConfigurations", "storageAuthenticationType", "progress", "failureReason"),
        *("startTimeUtc", "endTimeUtc"),
    )
}


def canonical(members: JsonObject) -> JsonObject:
    """The members by their own spelling; unknown names stay as they are.

    >>> canonical({"DeviceID": "d", " other ": 1})
    {'deviceId': 'd', ' other ': 1}
    """
    if members.keys() <= _OWN:
        return members
    return {_NAMES.get(name.strip().lower(), name): value for name, value in members.items()}


_OWN = frozenset(_NAMES.values())
