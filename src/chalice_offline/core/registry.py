"""Who answers for which service, and who wants to hear of what."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, TypeVar

from chalice_offline.core.errors import EmulatorBug

if TYPE_CHECKING:
    import threading
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.http import HttpRequest, HttpResponse
    from chalice_offline.core.kernel import Page, Reply, Request, Service

T = TypeVar("T")


class Registry:
    """Services by name; the only way from one service to another."""

    def __init__(self, lock: threading.RLock) -> None:
        """`lock` is the kernel's: within it services are made that nobody has asked for yet."""
        self._lock = lock
        # None until somebody asks for it, or for one that is made with it.
        self._services: dict[str, Service | None] = {}
        self._make: dict[str, Callable[[], None]] = {}
        # Pages that services serve over plain HTTP, by path, for every gateway.
        self.pages: dict[str, Page] = {}
        # Services by the host names of what users built.
        self._hosts: list[Service] = []
        # Paths at which services are sent something, with the service and its operation.
        self.receivers: dict[str, tuple[str, str]] = {}

    def add(self, service: Service) -> None:
        """Let `service` answer for its name."""
        if self._services.get(service.name) is not None:
            raise EmulatorBug(f"two services answer for {service.name}")
        self._services[service.name] = service
        self.pages.update(service.pages)
        if service.hosts != ():
            self._hosts.append(service)
        for path, operation in service.receivers.items():
            self.receivers[path] = service.name, operation

    def add_later(
        self, names: Sequence[str], make: Callable[[], None], pages: Iterable[str]
    ) -> None:
        """Let services answer for `names` that `make` adds when one of them is first asked for.

        `pages` are the paths at which they will serve pages.
        """

        def page(path: str, request: HttpRequest) -> HttpResponse:
            self.get(names[0])  # whose own page is there now
            return self.pages[path](request)

        self.pages.update((path, partial(page, path)) for path in pages)
        for name in names:
            self._services[name] = None
            self._make[name] = make

    def owns(self, service: str) -> bool:
        """Whether calls to the service are answered (or refused) here rather than delegated."""
        return service in self._services

    def service_at(self, host: str) -> str | None:
        """Return the service that answers for a host name, if it is one that a user took."""
        # What nobody can take, and nearly all requests have: AWS's own names, and addresses, of
        # which the last label is a number as no name's is (RFC 3696, section 2).
        is_address = host.rpartition(".")[2].isdigit()
        if is_address or host == "localhost" or host.endswith(".amazonaws.com"):
            return None
        for service in self._hosts:
            if host in service.hosts:
                return service.name
        return None

    def names(self) -> tuple[str, ...]:
        """Return the names of all services, in the order in which they were added."""
        return tuple(self._services)

    def get(self, service: str) -> Service:
        """Return a service; an EmulatorBug when there is none of that name."""
        found = self.find(service)
        if found is None:
            raise EmulatorBug(f"no service answers for {service}")
        return found

    def find(self, service: str) -> Service | None:
        """Return a service, or None when there is none of that name."""
        found = self._services.get(service)
        if found is None and service in self._make:
            with self._lock:
                if self._services[service] is None:  # else somebody was faster
                    self._make[service]()
                found = self._services[service]
        return found

    def made(self) -> Iterator[Service]:
        """Return the services that somebody has asked for: no other holds anything."""
        return (one for one in tuple(self._services.values()) if one is not None)

    def state(self, service: str, kind: type[T]) -> T:
        """Return what a service holds, which must be a `kind`."""
        found = self.get(service).state
        if not isinstance(found, kind):
            raise EmulatorBug(f"{service} holds a {type(found).__name__}, not a {kind.__name__}")
        return found

    def call(self, service: str, operation: str, context: CallContext, request: Request) -> Reply:
        """Run one operation; raises AwsError when nobody has it."""
        return self.get(service).call(operation, context, request)


class Signals:
    """Watchers by topic: how a queue wakes the event source mapping it does not know."""

    def __init__(self) -> None:
        self._watchers: dict[str, list[Callable[[], None]]] = {}

    def watch(self, topic: str, callback: Callable[[], None]) -> None:
        """Call `callback` on every signal of `topic`."""
        self._watchers.setdefault(topic, []).append(callback)

    def unwatch(self, topic: str, callback: Callable[[], None]) -> None:
        """Undo one `watch`; an EmulatorBug when there was none."""
        watchers = self._watchers.get(topic, [])
        if callback not in watchers:
            raise EmulatorBug(f"nothing watches {topic}")
        watchers.remove(callback)
        if not watchers:
            del self._watchers[topic]

    def unwatch_where(self, fits: Callable[[Callable[[], None]], bool]) -> None:
        """Undo every watch of which the callback fits."""
        for topic, watchers in list(self._watchers.items()):
            watchers[:] = [callback for callback in watchers if not fits(callback)]
            if not watchers:
                del self._watchers[topic]

    def is_watched(self, topic: str) -> bool:
        """Whether anybody watches `topic`."""
        return topic in self._watchers

    def signal(self, topic: str) -> None:
        """Tell every watcher of `topic`."""
        for callback in tuple(self._watchers.get(topic, ())):
            callback()
