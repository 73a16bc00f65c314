"""boto3 clients that evenings hand on: to make those of one evening takes as long as an order.

What a client remembers of its calls is botocore's allowance for trying again. So a client through
which a call went as far as botocore is that evening's alone; one of which every call went past it
is as good as new.
"""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, ClassVar

if TYPE_CHECKING:
    from collections.abc import Callable

Key = tuple[object, ...]


class Clients:
    """The clients of one evening's functions, each made or taken over when it is asked for."""

    _unworn: ClassVar[dict[Key, Any]] = {}

    def __init__(self) -> None:
        self._present: dict[Key, Any] = {}
        self._worn: set[int] = set()

    def client(self, make: Callable[..., Any], service: str, **options: Any) -> Any:
        """Return the client of a service, made by `make(service, **options)` if there is none."""
        key = (service, *sorted(options.items()))
        if key not in self._present:
            left = Clients._unworn.pop(key, None)
            self._present[key] = make(service, **options) if left is None else left
        return self._present[key]

    def wear(self, client: Any) -> None:
        """Note that a call went through a client as far as botocore."""
        self._worn.add(id(client))

    def hand_on(self) -> None:
        """Leave what is as good as new to the next evening."""
        for key, client in self._present.items():
            if id(client) not in self._worn:
                Clients._unworn[key] = client
        self._present.clear()
