"""Numbers of AWS, "Quotas for configuring and running an HTTP API" and "… a WebSocket API"."""

from __future__ import annotations

from typing import Final

HTTP_TIMEOUT_MS: Final = 30_000
WEBSOCKET_TIMEOUT_MS: Final = 29_000
HTTP_PAYLOAD_BYTES: Final = 10 * 1024 * 1024

MESSAGE_BYTES: Final = 128 * 1024
IDLE_MS: Final = 600_000
CONNECTION_MS: Final = 7_200_000

# What waits for a client that does not read; more is refused. AWS has such a buffer, of a size
# that it does not publish.
WAITING_MESSAGES: Final = 1_000
WAITING_BYTES: Final = 4 * 1024 * 1024

PAGE_SIZE: Final = 25
