"""Who answers for which service, and who wants to hear of what."""

from __future__ import annotations

from typing import TYPE_CHECKING, TypeVar

from chalice_offline.core.errors import EmulatorBug

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Reply, Request, Service

T = TypeVar("T")


class Registry:
    """Services by name; the only way from one service to another."""

    def __init__(self) -> None:
        self._services: dict[str, Service] = {}
        # Paths at which services are sent something, with the service and its operation.
        self.receivers: dict[str, tuple[str, str]] = {}

    def add(self, service: Service) -> None:
        """Let `service` answer for its name."""
        if service.name in self._services:
            raise EmulatorBug(f"two services answer for {service.name}")
        self._services[service.name] = service
        for path, operation in service.receivers.items():
            self.receivers[path] = service.name, operation

    def owns(self, service: str) -> bool:
        """Whether calls to the service are answered (or refused) here rather than delegated."""
        return service in self._services

    def names(self) -> tuple[str, ...]:
        """Return the names of all services, in the order in which they were added."""
        return tuple(self._services)

    def get(self, service: str) -> Service:
        """Return a service; an EmulatorBug when there is none of that name."""
        try:
            return self._services[service]
        except KeyError:
            raise EmulatorBug(f"no service answers for {service}") from None

    def find(self, service: str) -> Service | None:
        """Return a service, or None when there is none of that name."""
        return self._services.get(service)

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
