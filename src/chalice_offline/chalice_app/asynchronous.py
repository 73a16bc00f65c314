"""How asynchronous invocations of the project's functions go on, as config.json says."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING

from chalice_offline.chalice_app.beyond_chalice import Beyond
from chalice_offline.chalice_app.project_file import one_line
from chalice_offline.core.errors import AwsError, ProjectError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.chalice_app.changes import Changes
    from chalice_offline.chalice_app.listening import Call

_NOTHING = Beyond()


class AsynchronousSettings:
    """Retries, ages, destinations and dead letters of functions that have them set."""

    def __init__(self, call: Call) -> None:
        self._call = call
        self._present: Mapping[str, Beyond] = {}

    def switch_to(self, wanted: Mapping[str, Beyond], changes: Changes) -> None:
        """Make these the settings, by deployed names, as steps of `changes`.

        Raises ProjectError naming the function whose settings Lambda refuses.
        """
        before = self._present
        changes.back("the asynchronous settings", lambda: self._restore(before))
        for name, beyond in wanted.items():
            was = before.get(name, _NOTHING)
            changes.back(name, partial(self._apply, name, beyond, was))
            try:
                self._apply(name, was, beyond)
            except AwsError as error:
                raise ProjectError(f"function {name}: {one_line(error.message)}") from error
        self._present = dict(wanted)

    def forget(self) -> None:
        """Hear that Lambda was reset: the next switch sets everything anew."""
        self._present = {}

    def _restore(self, present: Mapping[str, Beyond]) -> None:
        self._present = present

    def _apply(self, name: str, before: Beyond, after: Beyond) -> None:
        function = {"FunctionName": name}
        if after.invoke_config != before.invoke_config:
            if after.invoke_config:
                request = function | after.invoke_config
                self._call("lambda", "PutFunctionEventInvokeConfig", request)
            else:
                self._call("lambda", "DeleteFunctionEventInvokeConfig", function)
        if after.dead_letter_arn != before.dead_letter_arn:
            target = {"TargetArn": after.dead_letter_arn}
            request = function | {"DeadLetterConfig": target}
            self._call("lambda", "UpdateFunctionConfiguration", request)
