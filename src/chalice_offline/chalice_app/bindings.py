"""All bindings of a running app, and the change from one version of its code to the next."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from chalice_offline.chalice_app.project_file import one_line
from chalice_offline.core.errors import AwsError, ProjectError

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.chalice_app.changes import Changes
    from chalice_offline.chalice_app.listening import Binding, Call, Way

_log = logging.getLogger(__name__)

Made = dict[str, tuple["Binding", Any]]


class Bindings:
    """What listens to what. A binding that stays the same is left alone when code is reloaded.

    So an edit loses neither messages under way nor the position in a stream.
    """

    def __init__(self, ways: Mapping[str, Way], call: Call) -> None:
        self._ways = ways
        self._call = call
        self._present: Made = {}
        self._buckets: list[str] = []

    def all(self) -> list[Binding]:
        """Return the bindings in the order in which the app declares them."""
        return [binding for binding, _ in self._present.values()]

    def switch_to(self, wanted: list[Binding], changes: Changes) -> None:
        """Make these the bindings, as steps of `changes`.

        Raises ProjectError naming the handler whose binding cannot work.
        """
        before, buckets = self._present, self._buckets
        changes.back("the bindings", lambda: self._restore(before, buckets))
        after: Made = {}
        for binding in wanted:
            try:
                after[binding.key] = self._bound(binding, before.get(binding.key), changes)
            except AwsError as error:
                raise ProjectError(
                    f"handler {binding.function}: {one_line(error.message)}"
                ) from error
        for key, (binding, made) in before.items():
            if key not in after:
                self._drop(binding, made, changes)
        self._present = after
        self._put_notifications([binding for binding, _ in before.values()], changes)

    def forget(self, service: str) -> None:
        """Take away what a reset of a service has ended; the next switch makes it anew."""
        ways = [name for name, way in self._ways.items() if service in way.services]
        for key, (binding, made) in list(self._present.items()):
            if binding.way in ways:
                del self._present[key]
                try:
                    self._ways[binding.way].remove(made, binding)
                except AwsError as error:  # gone with the service, as most is
                    _log.debug("%s: %s", binding.source, error)

    # ---- within ----------------------------------------------------------------------------------

    def _restore(self, present: Made, buckets: list[str]) -> None:
        self._present, self._buckets = present, buckets

    def _bound(
        self, binding: Binding, before: tuple[Binding, Any] | None, changes: Changes
    ) -> tuple[Binding, Any]:
        way = self._ways[binding.way]
        if before is None:
            made = way.make(binding)
            changes.back(binding.function, lambda: way.remove(made, binding))
            return binding, made
        was, made = before
        if was != binding or way.is_stale(made, binding):
            changes.back(binding.function, lambda: way.change(made, was))
            way.change(made, binding)
        return binding, made

    def _drop(self, binding: Binding, made: Any, changes: Changes) -> None:
        way = self._ways[binding.way]
        changes.cleanup(binding.function, lambda: way.remove(made, binding))

    def _put_notifications(self, before: list[Binding], changes: Changes) -> None:
        """Put the notification configuration of every bucket that has, or had, a handler.

        Raises ProjectError naming the handlers when S3 refuses it (overlapping filters).
        """
        wanted: dict[str, list[Binding]] = {bucket: [] for bucket in self._buckets}
        for binding in self.all():
            if binding.bucket:
                wanted.setdefault(binding.bucket, []).append(binding)
        ours = {
            str(part["Id"])
            for one in [*before, *self.all()]
            if one.bucket
            for part in one.request["Configurations"]
        }
        self._buckets = [bucket for bucket, handlers in wanted.items() if handlers]
        for bucket, handlers in wanted.items():
            try:
                self._put_notification(bucket, handlers, ours, changes)
            except AwsError as error:
                if not handlers:  # the bucket went with the handler
                    continue
                names = ", ".join(handler.function for handler in handlers)
                plural = "s" if len(handlers) > 1 else ""
                raise ProjectError(
                    f"handler{plural} {names}: bucket {bucket}: {one_line(error.message)}"
                ) from error

    def _put_notification(
        self, bucket: str, handlers: list[Binding], ours: set[str], changes: Changes
    ) -> None:
        name = {"Bucket": bucket}
        present = self._call("s3", "GetBucketNotificationConfiguration", name)
        present.pop("ResponseMetadata", None)
        of_functions = present.get("LambdaFunctionConfigurations", [])
        kept = [c for c in of_functions if c.get("Id") not in ours]
        wanted = [part for one in handlers for part in one.request["Configurations"]]
        configurations = kept + wanted
        if configurations == of_functions:
            return

        def put(configuration: dict[str, Any]) -> None:
            request = name | {"NotificationConfiguration": configuration}
            self._call("s3", "PutBucketNotificationConfiguration", request)

        changes.back(f"notifications of {bucket}", lambda: put(present))
        put(present | {"LambdaFunctionConfigurations": configurations})
