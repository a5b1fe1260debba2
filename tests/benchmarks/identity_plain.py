"""What the Identity Service is held against: an aiohttp handler on a socket that answers bytes.

`python -m tests.benchmarks.identity_plain PATH FILE` answers with what the file holds. It asks
nobody's uid, reads no query, and looks nothing up.
"""

from __future__ import annotations

import asyncio
import sys
from pathlib import Path

from aiohttp import web


async def _serve(path: Path, body: bytes) -> None:
    async def get(_request: web.Request) -> web.Response:
        return web.Response(body=body, content_type="application/json")

    application = web.Application()
    application.router.add_get("/identities/identity", get)
    runner = web.AppRunner(application, access_log=None)
    await runner.setup()
    await web.UnixSite(runner, path).start()
    print(f"listening on unix:{path}", flush=True)
    await asyncio.Event().wait()


if __name__ == "__main__":
    asyncio.run(_serve(Path(sys.argv[1]), Path(sys.argv[2]).read_bytes()))
