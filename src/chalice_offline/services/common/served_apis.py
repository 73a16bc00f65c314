"""APIs that are asked by their id, whichever service made them: REST, HTTP and WebSocket APIs."""

from __future__ import annotations

from typing import TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply, Request

    #: what answers the requests to one API: {"statusCode", "headers": pairs, "body"}
    Front = Callable[[CallContext, Request], Reply]
    #: the front of an API of this id; None when it is not its service's
    FindFront = Callable[[str], Front | None]
    #: whether a host name is a custom domain name; small letters
    HasName = Callable[[str], bool]
    #: host name and path -> which API, stage and path that is; None when nothing is mapped there
    FindMapping = Callable[[str, str], "Mapped | None"]


class Mapped(NamedTuple):
    """What a path of a custom domain name stands for. Without a stage it begins `path`."""

    api_id: str
    stage: str
    base_path: str
    path: str


class Sockets(NamedTuple):
    """What hears the clients of WebSocket APIs. `connect` returns None for an API not its own."""

    connect: Callable[[CallContext, Request], Reply | None]
    receive: Callable[[CallContext, Request], Reply]
    disconnect: Callable[[CallContext, Request], Reply]


class ServedApis:
    """The services that have APIs, each asked in turn whose an API is."""

    def __init__(self) -> None:
        self._services: list[FindFront] = []
        self._names: list[tuple[HasName, FindMapping]] = []
        self.sockets: Sockets | None = None

    def add(self, find: FindFront) -> None:
        """Let a service serve its APIs."""
        self._services.append(find)

    def add_names(self, has: HasName, find: FindMapping) -> None:
        """Let a service say what custom domain names stand for."""
        self._names.append((has, find))

    def __contains__(self, host: object) -> bool:
        """Whether a host name is a custom domain name."""
        return isinstance(host, str) and any(has(host) for has, _ in self._names)

    def mapped(self, host: str, path: str) -> Mapped | None:
        """Return what a path of a custom domain name stands for."""
        found = (find(host, path) for has, find in self._names if has(host))
        return next((one for one in found if one is not None), None)

    def front(self, api_id: str) -> Front | None:
        """Return what answers requests to an API, or None when there is none of this id."""
        for find in self._services:
            front = find(api_id)
            if front is not None:
                return front
        return None
