"""APIs that are asked by their id, whichever service made them: REST, HTTP and WebSocket APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply, Request

    #: what answers the requests to one API: {"statusCode", "headers": pairs, "body"}
    Front = Callable[[CallContext, Request], Reply]
    #: the front of an API of this id; None when it is not its service's
    FindFront = Callable[[str], Front | None]


class ServedApis:
    """The services that have APIs, each asked in turn whose an API is."""

    def __init__(self) -> None:
        self._services: list[FindFront] = []

    def add(self, find: FindFront) -> None:
        """Let a service serve its APIs."""
        self._services.append(find)

    def front(self, api_id: str) -> Front | None:
        """Return what answers requests to an API, or None when there is none of this id."""
        for find in self._services:
            front = find(api_id)
            if front is not None:
                return front
        return None
