"""The functions that are registered with Lambda, and the change from one version to the next."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from chalice_offline.chalice_app.project_file import one_line
from chalice_offline.core.errors import AwsError, ProjectError
from chalice_offline.services.lambda_.deployment import forget_function

if TYPE_CHECKING:
    from chalice_offline.chalice_app.changes import Changes
    from chalice_offline.chalice_app.listening import Call
    from chalice_offline.services.lambda_ import FunctionSettings, LambdaState


class DeployedFunctions:
    """What Lambda knows of the project. A function that the project has no more is deleted."""

    def __init__(self, lambda_: LambdaState, call: Call) -> None:
        self._lambda = lambda_
        self._call = call
        self._present: dict[str, FunctionSettings] = {}

    def switch_to(self, wanted: list[FunctionSettings], changes: Changes) -> None:
        """Make these the functions, as steps of `changes`.

        Raises ProjectError naming the function whose settings Lambda refuses.
        """
        before = self._present
        changes.back("the functions", lambda: self._restore(before))
        for settings in wanted:
            try:
                self._put(settings, before.get(settings.name), changes)
            except AwsError as error:
                raise ProjectError(
                    f"function {settings.name}: {one_line(error.message)}"
                ) from error
        self._present = {settings.name: settings for settings in wanted}
        for name, settings in before.items():
            if name not in self._present:
                self._drop(settings, changes)

    def forget(self) -> None:
        """Hear that Lambda was reset: the next switch registers all of them anew."""
        self._present = {}

    # ---- within ----------------------------------------------------------------------------------

    def _restore(self, present: dict[str, FunctionSettings]) -> None:
        self._present = present

    def _put(
        self, settings: FunctionSettings, before: FunctionSettings | None, changes: Changes
    ) -> None:
        if settings == before:
            return
        if before is None:
            self._lambda.register(replace(settings, reserved_concurrency=None))
            changes.back(settings.name, lambda: forget_function(self._lambda, settings))
            self._change(replace(settings, reserved_concurrency=None), settings)
            return
        changes.back(settings.name, lambda: self._change(settings, before))
        self._change(before, settings)

    def _change(self, before: FunctionSettings, after: FunctionSettings) -> None:
        name, reserved = {"FunctionName": after.name}, after.reserved_concurrency
        if reserved != before.reserved_concurrency:
            if reserved is None:
                self._call("lambda", "DeleteFunctionConcurrency", name)
            else:
                request = name | {"ReservedConcurrentExecutions": reserved}
                self._call("lambda", "PutFunctionConcurrency", request)
        if after.tags != before.tags:
            gone = [key for key in before.tags if key not in after.tags]
            if gone:
                self._call("lambda", "UntagResource", {"Resource": after.arn, "TagKeys": gone})
            if after.tags:
                self._call("lambda", "TagResource", {"Resource": after.arn, "Tags": after.tags})
        self._lambda.register(after)

    def _drop(self, settings: FunctionSettings, changes: Changes) -> None:
        changes.cleanup(settings.name, lambda: forget_function(self._lambda, settings))
