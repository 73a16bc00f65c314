"""What requests and invocations return: the same attributes as `chalice.test` gives.

Its own classes cannot be had without importing Chalice's command line and the prompts of
`chalice new-project`, which takes longer than all the rest of a test.
"""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from chalice_offline.core.http import Headers


@dataclass(frozen=True, slots=True)
class HTTPResponse:
    """The reply to an HTTP request; names of header fields are found in any case."""

    body: bytes
    headers: Headers
    status_code: int

    @property
    def json_body(self) -> Any:
        """The body as JSON; None when it is none."""
        try:
            return json.loads(self.body)
        except ValueError:
            return None


@dataclass(frozen=True, slots=True)
class InvokeResponse:
    """What a function returned."""

    payload: Any
