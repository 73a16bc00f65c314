"""Runs one handler once, as Lambda's Python runtime would, and says how it ended."""

from __future__ import annotations

import contextvars
import json
import logging
import traceback
from dataclasses import dataclass
from decimal import Decimal
from typing import TYPE_CHECKING, Any, Protocol

from chalice_offline.chalice_app.lambda_context import LambdaContext
from chalice_offline.chalice_app.output import report_failure, taken_down
from chalice_offline.core.errors import EmulatorBug
from chalice_offline.core.run import Outcome, timed_out
from chalice_offline.transports.present_run import PresentRun, TaskTimedOut, present_run

if TYPE_CHECKING:
    from collections.abc import Callable
    from contextlib import AbstractContextManager

    from chalice_offline.chalice_app.environment import FunctionEnvironment
    from chalice_offline.core.clock import Clock
    from chalice_offline.core.run import FunctionRun, UploadedCode

_log = logging.getLogger("chalice_offline.functions")


@dataclass(frozen=True, slots=True)
class LoadedFunction:
    """A function ready to run: its handler, and the environment that lives on between runs."""

    handler: Callable[[Any, Any], Any]
    environment: FunctionEnvironment

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
        """Run a handler to its end on this thread; never raises what the handler raises."""
        if run.code is not None and self._uploaded is not None:
            with self._uploaded.running(run, run.code) as uploaded:
                return contextvars.copy_context().run(self._run, uploaded, run)
        function = self._functions.get(run.function_name)
        if function is None:
            raise EmulatorBug(f"{run.function_name} was not loaded")
        return contextvars.copy_context().run(self._run, function, run)

    def _run(self, function: Function, run: FunctionRun) -> Outcome:
        present_run.set(PresentRun(run.entry, run.deadline_ms))
        context = LambdaContext(run, _log_stream(run), self._clock)
        with function.environment.active(), taken_down(run, self._clock):
            try:
                handler = function.handler
                result = handler(json.loads(run.payload), context)
            except HandlerNotLoaded as error:
                return _not_loaded(run, error)
            except TaskTimedOut:
                return timed_out(run)
            except SystemExit as error:
                return _exited(run, error)
            except Exception as error:  # noqa: BLE001 - the handler's own, reported to its invoker
                _log.error("%s failed: %r", run.function_name, error, exc_info=error)
                return _failed(run, error, function.stack(error))
            return _returned(run, result)


def _log_stream(run: FunctionRun) -> str:
    return run.log.stream or f"[$LATEST]{run.request_id.replace('-', '')}"


def _returned(run: FunctionRun, result: Any) -> Outcome:
    try:
        payload = json.dumps(result, default=_plain).encode()
    except (TypeError, ValueError) as error:
        _log.error("%s returned what JSON cannot hold: %s", run.function_name, error)
        return _error(
            "Runtime.MarshalError",
            f"Unable to marshal response: {error}",
            request_id=run.request_id,
            stack=[],
            exception=error,
        )
    return Outcome(payload)


def _plain(value: Any) -> Any:
    """Lambda's runtime writes a Decimal as a number and refuses everything else JSON has not."""
    if isinstance(value, Decimal):
        return float(value)
    message = f"Object of type {type(value).__name__} is not JSON serializable"
    raise TypeError(message)


def _failed(run: FunctionRun, error: Exception, stack: list[str]) -> Outcome:
    report_failure(type(error).__name__, str(error), stack)
    return _error(
        type(error).__name__, str(error), request_id=run.request_id, stack=stack, exception=error
    )


def _not_loaded(run: FunctionRun, error: HandlerNotLoaded) -> Outcome:
    _log.error("%s: %s", run.function_name, error)
    report_failure(error.error_type, str(error), error.stack)
    return _error(
        error.error_type, str(error), request_id="", stack=error.stack, exception=error.cause
    )


def _exited(run: FunctionRun, error: SystemExit) -> Outcome:
    status = error.code if isinstance(error.code, int) else int(error.code is not None)
    reason = f"exit status {status}" if status else "Runtime exited without providing a reason"
    text = f"Runtime exited with error: {reason}" if status else reason
    message = f"RequestId: {run.request_id} Error: {text}"
    return _error("Runtime.ExitError", message, exception=RuntimeError(message))


def _error(
    error_type: str,
    message: str,
    *,
    exception: BaseException,
    request_id: str | None = None,
    stack: list[str] | None = None,
) -> Outcome:
    content: dict[str, Any] = {"errorMessage": message, "errorType": error_type}
    if request_id is not None:
        content |= {"requestId": request_id, "stackTrace": stack or []}
    return Outcome(json.dumps(content).encode(), failed=True, exception=exception)
