"""One service of an emulator begins anew, while all others go on.

What it held is gone at once: resources, messages, timers, deliveries that would be tried again, and
what storage has of it. Whoever waits for it is answered. Other services notice what they notice on
AWS when what they name was deleted.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.belonging import Belonging
from chalice_offline.core.names import nearest
from chalice_offline.core.pending import Pending

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.emulator import Emulator

# What belongs to a service of another name, and goes with it.
_PARTS = {"dynamodbstreams": "dynamodb"}


class UnknownService(Exception):  # noqa: N818 - it is what the caller said
    """No service of this name is answered here; the text is a sentence that says which are."""


class NotRestored(Exception):  # noqa: N818 - the reset itself went well
    """A service was reset, and what the project has of it could not be made again."""

    def __init__(self, service: str, error: Exception) -> None:
        super().__init__(
            f"{service} was reset and holds nothing now, but what the project has of it could not "
            f"be made again: {error}"
        )


def service_to_reset(emulator: Emulator, name: str) -> str:
    """Return the service that a name means, as botocore spells it; raises UnknownService."""
    wanted = _PARTS.get(name, name)
    registry = emulator.registry
    service = registry.find(wanted)
    if service.renew is not None if service is not None else emulator.delegated.answers(wanted):
        return wanted
    own = [one for one in registry.names() if registry.get(one).renew is not None]
    near = nearest(name, [*own, *emulator.delegated.names()])
    raise UnknownService(f"there is no service {name} here.{near}")


def done_at_once(do: Callable[[], None]) -> Pending[None]:
    """Do something, and return it as done or failed: for whoever would wait for it elsewhere."""
    done: Pending[None] = Pending()
    try:
        do()
    except Exception as error:  # noqa: BLE001 - whoever asked for it is told
        done.fail(error)
    else:
        done.resolve(None)
    return done


def reset_service(
    emulator: Emulator, name: str, restore: Callable[[], None] = lambda: None
) -> None:
    """Let one service hold nothing; `restore` then makes what is to be there all the same.

    For everybody else it is one moment, and storage keeps it as one. Raises UnknownService, and
    nothing has changed; what `restore` raises comes through.
    """
    service = service_to_reset(emulator, name)
    with emulator.lock, emulator.commits.as_one():
        go_on = emulator.act(f"reset {service}", {}, lambda _: _let_go(emulator, service))
        try:
            restore()
        finally:
            emulator.act(f"{service} was reset", {}, lambda _: go_on())


def _let_go(emulator: Emulator, name: str) -> Callable[[], None]:
    """Forget what a service holds; returns what others do when its reset is over."""
    others = [one for one in emulator.registry.made() if one.name != name]
    later = [
        one.neighbour_reset(one.state, name) for one in others if one.neighbour_reset is not None
    ]
    _forget(emulator, name)

    def go_on() -> None:
        for step in later:
            step()

    return go_on


def _forget(emulator: Emulator, name: str) -> None:
    service = emulator.registry.find(name)
    if service is None:
        emulator.delegated.reset(name)
        return
    assert service.renew is not None, "only such a service is asked to"
    fresh = service.renew(service.state)
    package = type(service.state).__module__.rpartition(".")[0]
    belongs = Belonging(package, service.outlasting)
    emulator.scheduler.cancel_where(belongs)
    emulator.signals.unwatch_where(belongs)
    emulator.outside.abandon_where(belongs)
    # In place: pages, mappings and consoles know the state by what it is, not by its name.
    held = vars(service.state)
    held.clear()
    held.update(vars(fresh))
