"""What `chalice-offline local` was before its routes went through API Gateway's steps.

Chalice's LocalGateway on threads behind uvicorn as it comes, with API Gateway's limit of 29 s;
nothing of chalice-offline is in it. (The command of that time also wrote two journal entries, and
gave each run its variables and context.) `python -m benchmarks.local_gateway_door PORT`, in a
project's folder.
"""

from __future__ import annotations

import asyncio
import sys
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from typing import TYPE_CHECKING, Any

import uvicorn
from chalice.cli.factory import CLIFactory
from chalice.local import LocalGateway

if TYPE_CHECKING:
    from collections.abc import Awaitable, Callable

    Receive = Callable[[], Awaitable[dict[str, Any]]]
    Send = Callable[[dict[str, Any]], Awaitable[None]]

_PATIENCE_SECONDS = 29
_OURS = frozenset({"content-length", "transfer-encoding", "connection"})


def door(gateway: LocalGateway) -> Callable[[dict[str, Any], Receive, Send], Awaitable[None]]:
    """Return an ASGI app in front of a gateway."""
    threads = ThreadPoolExecutor(4)

    async def app(scope: dict[str, Any], receive: Receive, send: Send) -> None:
        pieces, more = [], True
        while more:
            message = await receive()
            pieces.append(message.get("body", b""))
            more = message.get("more_body", False)
        query = scope["query_string"]
        target = (scope["raw_path"] + (b"?" + query if query else b"")).decode("latin-1")
        fields = {
            name.decode("latin-1"): value.decode("latin-1") for name, value in scope["headers"]
        }
        running = asyncio.get_running_loop().run_in_executor(
            threads, gateway.handle_request, scope["method"], target, fields, b"".join(pieces)
        )
        reply = await asyncio.wait_for(asyncio.shield(running), _PATIENCE_SECONDS)
        body = reply["body"].encode()
        headers = [
            (name.encode("latin-1"), str(value).encode())
            for name, value in reply["headers"].items()
            if name.lower() not in _OURS
        ]
        headers.append((b"content-length", str(len(body)).encode()))
        start = {"type": "http.response.start", "status": reply["statusCode"], "headers": headers}
        await send(start)
        await send({"type": "http.response.body", "body": body})

    return app


def main() -> None:
    """Serve the project of this folder until told to end."""
    config = CLIFactory(str(Path.cwd())).create_config_obj()
    uvicorn.run(
        door(LocalGateway(config.chalice_app, config)),
        port=int(sys.argv[1]),
        log_level="error",
        access_log=False,
        lifespan="off",
        ws="none",
    )


if __name__ == "__main__":
    main()
