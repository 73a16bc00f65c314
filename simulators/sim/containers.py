"""What functions remember between their runs: per container, as Lambda gives them out.

A run gets a container of its function that is idle, else a new one; one whose run died is gone.
So caches are as warm, as cold and as apart from each other as there.
"""

from __future__ import annotations

import re
from collections import Counter, defaultdict
from contextlib import ExitStack, contextmanager
from typing import TYPE_CHECKING, Any
from unittest.mock import patch

from chalice_offline.core.run import RunState
from chalicelib import bootstrap, entrypoints
from chalicelib.bootstrap import Services
from chalicelib.config import read_config
from simulators.sim.door import Caller, caller

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from collections.abc import Set as AbstractSet

    from chalice_offline.core.run import FunctionRun, Outcome
    from simulators.sim.clients import Clients

# The middle of a UUID: a search for its dashes passes over all else eight times as fast as one for
# its digits.
_MIDDLES = re.compile(rb"-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-")
_APP = "order-middleware-local"


class Containers:
    """The containers of one evening. `order_ids` are those by which a run's order is known.

    All of them share `clients`.
    """

    def __init__(self, order_ids: AbstractSet[str], clients: Clients) -> None:
        self.started: Counter[str] = Counter()
        self.runs: Counter[str] = Counter()
        self._order_ids = order_ids
        self._idle: defaultdict[str, list[Services]] = defaultdict(list)
        self._in_use: dict[int, Services] = {}
        self._clients = clients

    @contextmanager
    def in_place(self, driver: Any) -> Iterator[None]:
        """Have every run of a function go through here."""
        run_function, make_client = driver.run_function, vars(bootstrap)["_client"]

        def client(service: str, **options: Any) -> Any:
            return self._clients.client(make_client, service, **options)

        with ExitStack() as stack:
            stack.callback(self._clients.hand_on)
            driver.run_function = self._running(run_function)
            stack.callback(setattr, driver, "run_function", run_function)
            stack.enter_context(patch.object(bootstrap, "_client", client))
            stack.enter_context(patch.object(entrypoints, "services", self._services))
            yield

    def _running(
        self, run_function: Callable[[FunctionRun], Outcome]
    ) -> Callable[[FunctionRun], Outcome]:
        def running(run: FunctionRun) -> Outcome:
            function = run.function_name.removeprefix(_APP).lstrip("-") or "api_handler"
            self.runs[function] += 1
            present = Caller(function, self._order_of(run.payload))
            token = caller.set(present)
            try:
                outcome = run_function(run)
            finally:
                caller.reset(token)
            container = self._in_use.pop(id(present), None)
            lives = not present.died and outcome.end is not RunState.TIMED_OUT
            if container is not None and lives:
                self._idle[function].append(container)
            return outcome

        return running

    def _services(self) -> Services:
        present = caller.get()
        assert present is not None, "only functions ask for services"
        container = self._in_use.get(id(present))
        if container is None:
            idle = self._idle[present.function]
            if not idle:
                self.started[present.function] += 1
            container = idle.pop() if idle else Services(read_config())
            self._in_use[id(present)] = container
        return container

    def _order_of(self, payload: bytes) -> str:
        for found in _MIDDLES.finditer(payload):
            begins = found.start() - 8
            name = str(payload[begins : begins + 36], "latin-1")
            if payload.endswith(b"gb:", 0, begins):  # at Deliveroo
                name = f"gb:{name}"
            if name in self._order_ids:
                return name
        return "-"
