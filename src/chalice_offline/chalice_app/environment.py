"""One `os.environ` per function.

On AWS every function has a process of its own. Here they share one, so the storage behind
`os.environ` is chosen by context: inside a handler run it is the function's own dictionary, which
lives on between its runs as it does in a warm Lambda container; elsewhere it is the process's.
The object `os.environ` itself stays the same, so `from os import environ` works, too.
"""

from __future__ import annotations

import contextvars
import functools
import os
import threading
import time
from collections.abc import Callable, Iterator, MutableMapping
from concurrent.futures import ThreadPoolExecutor
from functools import cached_property
from typing import Any

from chalice_offline.chalice_app.process_patches import is_replaced, replace
from chalice_offline.core.interruption import RunStopped
from chalice_offline.core.own_threads import started_by_code
from chalice_offline.transports.present_run import present_run

Variables = dict[str, str]

# `os.environ` itself, whatever a handler or a test puts in its place.
_process_environ = os.environ

_scope: contextvars.ContextVar[MutableMapping[Any, Any] | None] = contextvars.ContextVar(
    "environment_scope", default=None
)

# Variables of the developer's shell that would change how AWS's SDK behaves, or lend it real
# credentials. A function on Lambda never sees them.
_SHELL_PREFIX = "AWS_"


class _ScopedStorage(MutableMapping[Any, Any]):
    """What `os.environ` reads and writes: the present scope's dictionary."""

    def __init__(self, process: dict[Any, Any]) -> None:
        self.process = process

    def _present(self) -> MutableMapping[Any, Any]:
        scope = _scope.get()
        return self.process if scope is None else scope

    def __getitem__(self, key: Any) -> Any:
        return self._present()[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        self._present()[key] = value

    def __delitem__(self, key: Any) -> None:
        del self._present()[key]

    def __iter__(self) -> Iterator[Any]:
        return iter(self._present())

    def __len__(self) -> int:
        return len(self._present())


class _RunVariables(MutableMapping[Any, Any]):
    """A function's variables, and over them those that each run has of its own."""

    def __init__(self, make: Callable[[], Variables], shared: dict[Any, Any]) -> None:
        self._make = make
        self._shared = shared

    @cached_property
    def _own(self) -> dict[Any, Any]:
        """What only this run sees; made when it looks for a variable, which few do."""
        return _encoded(self._make())

    def __getitem__(self, key: Any) -> Any:
        return self._own[key] if key in self._own else self._shared[key]

    def __setitem__(self, key: Any, value: Any) -> None:
        (self._own if key in self._own else self._shared)[key] = value

    def __delitem__(self, key: Any) -> None:
        del (self._own if key in self._own else self._shared)[key]

    def __iter__(self) -> Iterator[Any]:
        return iter({**self._shared, **self._own})

    def __len__(self) -> int:
        return len({**self._shared, **self._own})


class _Active:
    """The time in which a function's variables are those of the present context."""

    __slots__ = ("_environ", "_seen", "_token")

    def __init__(self, seen: MutableMapping[Any, Any]) -> None:
        self._seen = seen

    def __enter__(self) -> None:
        _install()
        self._token = _scope.set(self._seen)
        self._environ = os.environ

    def __exit__(self, *_: object) -> None:
        os.environ = self._environ  # noqa: B003 - the same object that it was
        _scope.reset(self._token)


class FunctionEnvironment:
    """The environment variables of one function, kept between its runs."""

    def __init__(self, variables: Variables) -> None:
        self._storage = _encoded(variables)

    def active(self, own: Callable[[], Variables] | None = None) -> _Active:
        """Make this the environment of the present context (and of threads started in it).

        `own` makes what only this run sees. A handler that puts something else in the place of
        `os.environ` has done so in a process of its own: it is undone with the run.
        """
        return _Active(_RunVariables(own, self._storage) if own else self._storage)


def _encoded(variables: Variables) -> dict[Any, Any]:
    encode = _process_environ.encodekey
    return {encode(name): encode(value) for name, value in variables.items()}


def shell_variables() -> Variables:
    """Return the process's variables a function may see: all but the shell's AWS settings."""
    return {name: value for name, value in os.environ.items() if not name.startswith(_SHELL_PREFIX)}


def lambda_variables(region: str) -> Variables:
    """Return what Lambda sets in every function, with credentials that are no secret.

    Source: AWS Lambda developer guide, "Defined runtime environment variables".
    """
    return {
        "AWS_REGION": region,
        "AWS_DEFAULT_REGION": region,
        "AWS_ACCESS_KEY_ID": "test",
        "AWS_SECRET_ACCESS_KEY": "test",
        "AWS_SESSION_TOKEN": "test",
        # botocore would otherwise ask the EC2 metadata service where it runs.
        "AWS_EC2_METADATA_DISABLED": "true",
    }


def every_function() -> Variables:
    """Return what Lambda sets in every function, wherever it runs and whoever it is (same page)."""
    return {"TZ": ":UTC", "LANG": "en_US.UTF-8", "LAMBDA_RUNTIME_DIR": "/var/runtime"}


# What makes UTC the time zone of a process, as it is on Lambda.
IN_UTC = {"TZ": "UTC"}


def live_in_utc() -> None:
    """Make UTC the time zone of this process for as long as it lives."""
    os.environ.update(IN_UTC)
    if hasattr(time, "tzset"):  # not on Windows
        time.tzset()


def _install() -> None:
    environ: Any = _process_environ
    if not is_replaced(environ, "_data"):
        replace(environ, "_data", _ScopedStorage(environ._data))  # noqa: SLF001
        _let_threads_inherit()


def _threads_of_present_run() -> dict[object, int | None]:
    run = present_run.get()
    return {} if run is None else run.life.interruption.threads


def _on_own_thread(work: Callable[[], Any], token: object) -> Any:
    """Do what a handler has given to a thread of its own, which its run knows meanwhile."""
    threads = _threads_of_present_run()
    threads[token] = threading.get_ident()
    started_by_code.set(True)
    try:
        return work()
    finally:
        threads.pop(token, None)


def _until_stopped(run: Callable[[], None], token: object) -> None:
    """Run a thread of a handler's; that its run is over is an end like any other."""
    try:
        _on_own_thread(run, token)
    except RunStopped:
        return


def _let_threads_inherit() -> None:
    """Run a thread in the context of whoever starts it, and a pool's work in that of its client.

    A handler's own threads must see the function's variables, and belong to its run; before Python
    3.14 a new thread begins with an empty context. A pool made at import outlives the run that
    started its threads.
    """
    start, submit = threading.Thread.start, ThreadPoolExecutor.submit

    def start_in_context(thread: threading.Thread) -> None:
        if _scope.get() is not None:
            run, context, token = thread.run, contextvars.copy_context(), object()
            thread.run = lambda: context.run(_until_stopped, run, token)  # type: ignore[method-assign]
            _threads_of_present_run()[token] = None
        start(thread)

    def submit_in_context(
        pool: ThreadPoolExecutor, function: Any, /, *args: Any, **options: Any
    ) -> Any:
        if _scope.get() is not None:
            context, work = (
                contextvars.copy_context(),
                functools.partial(function, *args, **options),
            )
            return submit(pool, context.run, _on_own_thread, work, object())
        return submit(pool, function, *args, **options)

    replace(ThreadPoolExecutor, "submit", submit_in_context)
    replace(threading.Thread, "start", start_in_context)
