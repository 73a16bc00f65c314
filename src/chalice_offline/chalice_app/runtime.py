"""Runs one handler once, as Lambda's Python runtime would, and says how it ended."""

from __future__ import annotations

import contextvars
import json
import logging
import os
import traceback
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Any, Protocol

from chalice_offline.chalice_app.environment import FunctionEnvironment
from chalice_offline.chalice_app.event_loops import lend_event_loops
from chalice_offline.chalice_app.lambda_context import LambdaContext
from chalice_offline.chalice_app.marshalling import marshalled
from chalice_offline.chalice_app.output import report_failure, taken_down
from chalice_offline.chalice_app.process_exit import (
    ProcessExited,
    end_forked,
    exit_reason,
    watch_exits,
)
from chalice_offline.core.failures import FailureLog
from chalice_offline.core.interruption import RunStopped
from chalice_offline.core.run import Outcome, exited, timed_out
from chalice_offline.transports.present_run import PresentRun, present_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from chalice_offline.core.clock import Clock
    from chalice_offline.core.run import FunctionRun, UploadedCode

_failures = FailureLog(logging.getLogger("chalice_offline.functions"))


@dataclass(frozen=True, slots=True)
class LoadedFunction:
    """A function ready to run: its handler, and the environment that lives on between runs."""

    handler: Callable[[Any, Any], Any]
    environment: FunctionEnvironment
    name: str  # as its author knows it

    def stack(self, error: Exception) -> list[str]:
        """Return the frames of the handler's exception, as Lambda shows them."""
        frames = traceback.extract_tb(error.__traceback__)[1:]  # the first frame is the runtime's
        return traceback.format_list(frames)


class HandlerNotLoaded(Exception):  # noqa: N818 - no error of ours: what a function answers
    """A function has no handler that could be run: what its invoker is told instead."""

    def __init__(
        self, error_type: str, message: str, cause: Exception, stack: list[str] | None = None
    ) -> None:
        super().__init__(message)
        self.error_type = error_type
        self.cause = cause
        self.stack = stack or []


class Function(Protocol):
    """A function that can be run: LoadedFunction, or one that is imported when it is first run."""

    @property
    def handler(self) -> Callable[[Any, Any], Any]:
        """What to call; HandlerNotLoaded when it cannot be had."""
        ...

    @property
    def environment(self) -> FunctionEnvironment:
        """The variables it sees."""
        ...

    def stack(self, error: Exception) -> list[str]:
        """Return the frames of the handler's exception, as Lambda shows them."""
        ...


class UploadedFunctions(Protocol):
    """Where functions come from that are not the project's."""

    def running(self, run: FunctionRun, code: UploadedCode) -> AbstractContextManager[Function]:
        """Give the function of a run, and keep it while the run lasts."""
        ...


class Runtime:
    """Runs functions by name. Reloading the app replaces what the names stand for."""

    def __init__(self, clock: Clock, uploaded: UploadedFunctions | None = None) -> None:
        """Make a runtime without functions; `uploaded` has those that come as zip files."""
        self._clock = clock
        self._uploaded = uploaded
        self._functions: dict[str, LoadedFunction] = {}

    def load(self, functions: dict[str, LoadedFunction]) -> None:
        """Use these functions from the next run on."""
        self._functions = functions

    def run(self, run: FunctionRun) -> Outcome:
        """Run a handler to its end on this thread; whatever it raises becomes the outcome."""
        watch_exits()
        lend_event_loops()
        if run.code is not None and self._uploaded is not None:
            with self._uploaded.running(run, run.code) as uploaded:
                return contextvars.copy_context().run(self._run, uploaded, run)
        function = self._functions.get(run.function_name) or _Missing(run.function_name)
        return contextvars.copy_context().run(self._run, function, run)

    def _run(self, function: Function, run: FunctionRun) -> Outcome:
        present_run.set(PresentRun(run.entry, run.life))
        with (
            function.environment.active(partial(_own_variables, run)),
            taken_down(run, self._clock),
        ):
            try:
                return self._handled(function, run)
            except RunStopped:
                return timed_out(run)
            except ProcessExited as error:
                return exited(run, error.reason)
            except SystemExit as error:
                return exited(run, exit_reason(error.code))
            except KeyboardInterrupt:
                return exited(run, "signal: interrupt")
            except BaseException as error:  # noqa: BLE001 - not caught by Lambda's runtime either
                # It catches Exception. All else ends its process: asyncio.CancelledError, say.
                _failures.report(f"{self._name(run)} ended its process", error)
                return exited(run, "exit status 1")

    def _name(self, run: FunctionRun) -> str:
        loaded = self._functions.get(run.function_name)
        return run.function_name if loaded is None else loaded.name

    def _handled(self, function: Function, run: FunctionRun) -> Outcome:
        __tracebackhide__ = True  # pytest leaves this frame out: what matters is the handler's
        try:
            handler = function.handler
        except HandlerNotLoaded as error:
            return _not_loaded(run, error)
        try:
            context = LambdaContext(run, _log_stream(run), self._clock)
        except ValueError as error:
            message = f"Unable to parse Client Context JSON: {error}"
            return _unreadable(run, "Runtime.LambdaContextUnmarshalError", message, error)
        except Exception as error:  # noqa: BLE001 - JSON, but no client context: a list, say
            return _unreadable(run, type(error).__name__, _text(error), error)
        try:
            event = run.event()
        except Exception as error:  # noqa: BLE001 - no JSON, or too deep
            message = f"Unable to unmarshal input: {_text(error)}"
            return _unreadable(run, "Runtime.UnmarshalError", message, error)
        process_id = os.getpid()
        try:
            try:
                result = handler(event, context)
            finally:
                end_forked(process_id)
        except Exception as error:  # noqa: BLE001 - the handler's own, reported to its invoker
            if _is_refusal(event, error):
                return replace(_failed(run, error, function.stack(error)), exception=None)
            _failures.report(f"{self._name(run)} failed", error)
            return _failed(run, error, function.stack(error))
        return _returned(run, result)


class _Missing:
    """A function that is registered and that the project does not have (any more)."""

    environment = FunctionEnvironment({})

    def __init__(self, name: str) -> None:
        self._name = name

    @property
    def handler(self) -> Callable[[Any, Any], Any]:
        message = f"Handler '{self._name}' missing on module 'app'"
        raise HandlerNotLoaded("Runtime.HandlerNotFound", message, LookupError(message))

    def stack(self, error: Exception) -> list[str]:
        return traceback.format_tb(error.__traceback__)


def _own_variables(run: FunctionRun) -> dict[str, str]:
    """Return what Lambda tells each run, or each container, about itself."""
    return {"AWS_LAMBDA_LOG_STREAM_NAME": _log_stream(run), "_X_AMZN_TRACE_ID": run.trace_header}


def _log_stream(run: FunctionRun) -> str:
    return run.log.stream or f"[$LATEST]{run.request_id.replace('-', '')}"


def _returned(run: FunctionRun, result: Any) -> Outcome:
    try:
        payload = marshalled(run, result)
    except Exception as error:  # noqa: BLE001 - too deep, a cycle, a class of the handler's
        _failures.report(f"{run.function_name} returned what JSON cannot hold", error)
        return _error(
            "Runtime.MarshalError",
            f"Unable to marshal response: {_text(error)}",
            request_id=run.request_id,
            stack=[],
            exception=error,
        )
    return Outcome(payload)


def _unreadable(run: FunctionRun, error_type: str, message: str, error: Exception) -> Outcome:
    """Return what Lambda's runtime reports of an event or context it cannot hand to a handler."""
    _failures.report(f"{run.function_name} was not called", error)
    return _error(error_type, message, request_id=run.request_id, stack=[], exception=error)


def _failed(run: FunctionRun, error: Exception, stack: list[str]) -> Outcome:
    report_failure(type(error).__name__, _text(error), stack)
    return _error(
        type(error).__name__, _text(error), request_id=run.request_id, stack=stack, exception=error
    )


def _is_refusal(event: Any, error: Exception) -> bool:
    """Whether an authorizer says so that it does not know the client: 401, and no failure.

    Source: AWS, "API Gateway Lambda authorizer": raise Exception("Unauthorized").
    """
    is_authorizer = isinstance(event, dict) and "methodArn" in event and "type" in event
    return is_authorizer and _text(error) == "Unauthorized"


def _text(error: Exception) -> str:
    try:
        return str(error)
    except Exception:  # noqa: BLE001 - the exception is somebody else's class
        return f"<{type(error).__name__} that cannot be shown>"


def _not_loaded(run: FunctionRun, error: HandlerNotLoaded) -> Outcome:
    _failures.report(f"{run.function_name} has no handler", error)
    report_failure(error.error_type, str(error), error.stack)
    return _error(
        error.error_type, str(error), request_id="", stack=error.stack, exception=error.cause
    )


def _error(
    error_type: str, message: str, *, request_id: str, stack: list[str], exception: BaseException
) -> Outcome:
    content = {
        "errorMessage": message,
        "errorType": error_type,
        "requestId": request_id,
        "stackTrace": stack,
    }
    return Outcome(json.dumps(content).encode(), failed=True, exception=exception)
