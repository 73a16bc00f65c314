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
from contextlib import contextmanager
from typing import Any

from chalice_offline.core.run import RunStopped

Variables = dict[str, str]

_scope: contextvars.ContextVar[dict[Any, Any] | None] = contextvars.ContextVar(
    "environment_scope", default=None
)

# Variables of the developer's shell that would change how AWS's SDK behaves, or lend it real
# credentials. A function on Lambda never sees them.
_SHELL_PREFIX = "AWS_"


class _ScopedStorage(MutableMapping[Any, Any]):
    """What `os.environ` reads and writes: the present scope's dictionary."""

    def __init__(self, process: dict[Any, Any]) -> None:
        self.process = process

    def _present(self) -> dict[Any, Any]:
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


class FunctionEnvironment:
    """The environment variables of one function, kept between its runs."""

    def __init__(self, variables: Variables) -> None:
        encode = os.environ.encodekey
        self._storage = {encode(name): encode(value) for name, value in variables.items()}

    @contextmanager
    def active(self) -> Iterator[None]:
        """Make this the environment of the present context (and of threads started in it)."""
        _install()
        token = _scope.set(self._storage)
        try:
            yield
        finally:
            _scope.reset(token)


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


def live_in_utc() -> None:
    """Make UTC the time zone of this process, as it is on Lambda, for as long as it lives."""
    os.environ["TZ"] = "UTC"
    if hasattr(time, "tzset"):  # not on Windows
        time.tzset()


def _install() -> None:
    storage = os.environ._data  # type: ignore[attr-defined]  # noqa: SLF001
    if isinstance(storage, _ScopedStorage):
        return
    os.environ._data = _ScopedStorage(storage)  # type: ignore[attr-defined]  # noqa: SLF001
    _let_threads_inherit()


def _until_stopped(run: Callable[[], None]) -> None:
    """Run a thread of a handler's; that its run is over is an end like any other."""
    try:
        run()
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
            run, context = thread.run, contextvars.copy_context()
            thread.run = lambda: context.run(_until_stopped, run)  # type: ignore[method-assign]
        start(thread)

    def submit_in_context(
        pool: ThreadPoolExecutor, function: Any, /, *args: Any, **options: Any
    ) -> Any:
        if _scope.get() is not None:
            function = functools.partial(contextvars.copy_context().run, function)
        return submit(pool, function, *args, **options)

    ThreadPoolExecutor.submit = submit_in_context  # type: ignore[method-assign, assignment]
    threading.Thread.start = start_in_context  # type: ignore[method-assign, assignment]
