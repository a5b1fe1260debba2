"""The files that the sample's jobs name: an import with faults to try, and its error log."""

from __future__ import annotations

import base64
from pathlib import Path
from random import Random

from registry_backend.domain.document import compact_json
from registry_backend.sample.material import seeded_random

FAILED_LINES = (
    (
        '{"id":"hl-pier-2-lamp-9017","status":"on"}',
        None,
        400012,
        "Invalid device format in line: status must be enabled or disabled.",
    ),
    (
        '{"id":"hl-pier-2-lamp 9018","status":"enabled"}',
        "hl-pier-2-lamp 9018",
        400012,
        "Invalid device format in line: the id holds a blank.",
    ),
    (
        '{"id":"hl-pier-1-lamp-0007","importMode":"create","status":"enabled"}',
        "hl-pier-1-lamp-0007",
        409001,
        "A device with this id is already registered.",
    ),
)
"""Lines that an import refuses: the line, device id, error number and why (iothub 6.5)."""


def write_exchange(folder: Path, *, seed: int = 1) -> None:
    """Make `new-lamps` in the folder: 40 good lines, three faulty ones, and the log of those."""
    target = folder / "new-lamps"
    target.mkdir(parents=True, exist_ok=True)
    random = seeded_random(seed, "exchange")
    lines = [_good_line(random, number) for number in range(9001, 9041)]
    for place, (line, *_) in zip((16, 17, 30), FAILED_LINES, strict=True):
        lines.insert(place, line)
    (target / "devices.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    errors = [
        compact_json({"deviceId": device_id, "errorCode": code, "errorStatus": why})
        for _, device_id, code, why in FAILED_LINES
    ]
    (target / "importErrors.log").write_text("\n".join(errors) + "\n", encoding="utf-8")


def _good_line(random: Random, number: int) -> str:
    keys = [base64.b64encode(random.randbytes(32)).decode("ascii") for _ in range(2)]
    symmetric = {"primaryKey": keys[0], "secondaryKey": keys[1]}
    return compact_json(
        {
            "id": f"hl-pier-2-lamp-{number}",
            "status": "enabled",
            "authentication": {"symmetricKey": symmetric},
        }
    )
