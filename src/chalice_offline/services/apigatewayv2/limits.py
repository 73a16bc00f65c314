"""Numbers of AWS, "Quotas for configuring and running an HTTP API" and "… a WebSocket API"."""

from __future__ import annotations

from typing import Final

HTTP_TIMEOUT_MS: Final = 30_000
WEBSOCKET_TIMEOUT_MS: Final = 29_000
HTTP_PAYLOAD_BYTES: Final = 10 * 1024 * 1024

MESSAGE_BYTES: Final = 128 * 1024
FRAME_BYTES: Final = 32 * 1024
IDLE_MS: Final = 600_000
CONNECTION_MS: Final = 7_200_000

# A client that does not read is given up when so much waits for it: ours, AWS publishes none.
WAITING_MESSAGES: Final = 1_000

PAGE_SIZE: Final = 25
