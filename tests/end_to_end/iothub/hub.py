"""One hub, called as its clients call it."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any
from urllib.parse import quote

from tests.end_to_end.hono.client import Api, Reply

OLD = "2016-02-03"
NEW = "2021-04-12"
KEY = "MDEyMzQ1Njc4OWFiY2RlZg=="
"""Sixteen bytes, the shortest key."""
OTHER_KEY = "ZmVkY2JhOTg3NjU0MzIxMA=="
CODE = "iothub-errorcode"


@dataclass(frozen=True, slots=True)
class HubApi:
    """A listener's hub at one version of the API."""

    api: Api
    version: str = NEW

    def __call__(self, method: str, path: str, members: Any = None, **sent: Any) -> Reply:
        """Send one request; the version is added to the query."""
        joint = "&" if "?" in path else "?"
        return self.api(method, f"{path}{joint}api-version={self.version}", members, **sent)

    def put(self, device_id: str, if_match: str | None = None, **members: Any) -> Reply:
        """Create, or with If-Match replace."""
        body = {"deviceId": device_id, **members}
        return self("PUT", path_of(device_id), body, if_match=if_match)

    def get(self, device_id: str) -> Reply:
        """Read one."""
        return self("GET", path_of(device_id))

    def delete(self, device_id: str, if_match: str | None = "*") -> Reply:
        """Remove one."""
        return self("DELETE", path_of(device_id), if_match=if_match)

    def bulk(self, *elements: Any) -> Reply:
        """Many at once."""
        return self("POST", "/devices", list(elements))

    def query(self, text: str, **headers: str) -> Reply:
        """Ask."""
        return self("POST", "/devices/query", {"query": text}, **headers)


def path_of(device_id: str) -> str:
    """The path of a device, every reserved character encoded."""
    return f"/devices/{quote(device_id, safe='')}"


def refusal(reply: Reply) -> tuple[int, str]:
    """Status and code of a failure, once its form was checked (iothub 4.7)."""
    code = reply.headers[CODE]
    assert reply.headers["x-ms-request-id"]
    assert reply.headers["content-type"].startswith("application/json")
    message, _, text = reply.json["Message"].partition(";")
    assert message == f"ErrorCode:{code}"
    assert text
    assert reply.json["ExceptionMessage"].startswith("Tracking ID:")
    return reply.status, code


def keys_of(reply: Reply) -> tuple[str, str]:
    """The two keys of a device."""
    keys = reply.json["authentication"]["symmetricKey"]
    return keys["primaryKey"], keys["secondaryKey"]
