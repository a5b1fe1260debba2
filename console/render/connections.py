"""A connection string or a token with its secret part covered."""

from __future__ import annotations

import re

from registry_backend.domain.secrets import MASK

_SECRET = re.compile(r"(SharedAccessKey=|SharedAccessSignature=|[?& ]sig=|^sig=)([^;&]+)")


def covered(secret: str) -> str:
    """What may be shown of it; all of it is covered where its secret part is not known.

    >>> covered("HostName=h;DeviceId=d;SharedAccessKey=c2VjcmV0")
    'HostName=h;DeviceId=d;SharedAccessKey=••••••••'
    """
    text, found = _SECRET.subn(rf"\1{MASK}", secret)
    return text if found else MASK
