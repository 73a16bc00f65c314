"""What every protocol compiles an operation into."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.http import HttpRequest, HttpResponse


@dataclass(frozen=True, slots=True)
class Codec:
    """One operation's two directions: request bytes to parameters, result to reply bytes."""

    parse: Callable[[HttpRequest], dict[str, Any]]
    serialize: Callable[[dict[str, Any], str], HttpResponse]
