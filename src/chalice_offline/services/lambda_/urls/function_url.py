"""A function URL: a function, or an alias of one, behind an address of its own."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any


@dataclass(slots=True)
class FunctionUrl:
    """The address and who may use it how; `cors` as the API takes it."""

    url_id: str
    auth_type: str
    created_ms: int
    modified_ms: int
    invoke_mode: str = "BUFFERED"
    cors: dict[str, Any] = field(default_factory=dict)
    warned: bool = False  # that AWS would refuse its requests
