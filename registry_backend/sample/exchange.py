"""The files that the sample's jobs name: an import with faults to try, and its error log."""

from __future__ import annotations

import base64
from pathlib import Path
from random import Random

from registry_backend.domain.document import compact_json
from registry_backend.domain.jobs import JobError
from registry_backend.sample.material import seeded_random
from registry_backend.wire.import_errors import (
    ARGUMENT_INVALID,
    DESERIALIZATION_ERROR,
    DEVICE_ALREADY_EXISTS,
    format_error_line,
)

FAILED_LINES = (
    (
        '{"id":"hl-pier-2-lamp-9017","status":"on"}',
        JobError(
            line=17,
            device_id="hl-pier-2-lamp-9017",
            code=DESERIALIZATION_ERROR,
            message='status is "on", neither enabled nor disabled',
        ),
    ),
    (
        '{"id":"hl-pier-2-lamp 9018","status":"enabled"}',
        JobError(
            line=18,
            device_id="hl-pier-2-lamp 9018",
            code=ARGUMENT_INVALID,
            message="id must be 1 to 128 letters, digits or - : . + % _ # * ? ! ( ) , = @ ; $ '",
        ),
    ),
    (
        '{"id":"hl-pier-2-gateway-0001","importMode":"create","status":"enabled"}',
        JobError(
            line=31,
            device_id="hl-pier-2-gateway-0001",
            code=DEVICE_ALREADY_EXISTS,
            message="A device with ID 'hl-pier-2-gateway-0001' is already registered. The mode "
            "createOrUpdate would replace it.",
        ),
    ),
)
"""Lines that an import refuses, and what it says of them (iothub 6.5)."""


def write_exchange(folder: Path, *, seed: int = 1) -> None:
    """Make `new-lamps` in the folder: 40 good lines, three faulty ones, and the log of those."""
    target = folder / "new-lamps"
    target.mkdir(parents=True, exist_ok=True)
    random = seeded_random(seed, "exchange")
    lines = [_good_line(random, number) for number in range(9001, 9041)]
    for line, error in FAILED_LINES:
        lines.insert((error.line or 1) - 1, line)
    (target / "devices.txt").write_text("\n".join(lines) + "\n", encoding="utf-8")
    errors = [format_error_line(error) for _, error in FAILED_LINES]
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
