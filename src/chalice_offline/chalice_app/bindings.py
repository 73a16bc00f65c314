"""All bindings of a running app, and the change from one version of its code to the next."""

from __future__ import annotations

import logging
from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError

if TYPE_CHECKING:
    from chalice_offline.chalice_app.functions import ProjectFunction
    from chalice_offline.chalice_app.sources import Binding, SourceBinder

_log = logging.getLogger(__name__)

# What a source configuration says of the code, not of the source.
_OF_THE_CODE = frozenset({"name", "handler_string"})


class Bindings:
    """What listens to what. A binding that stays the same is left alone when code is reloaded.

    So an edit loses neither messages under way nor the position in a stream.
    """

    def __init__(self, binder: SourceBinder) -> None:
        self._binder = binder
        self._present: dict[str, Binding] = {}

    def all(self) -> list[Binding]:
        """Return the bindings in the order in which the app declares them."""
        return list(self._present.values())

    def switch_to(self, sources: list[tuple[Any, ProjectFunction]]) -> None:
        """Make these the bindings: undo what is gone, make what is new.

        Raises ProjectError naming the handler whose binding cannot work; what was made up to then
        stays, and a switch back to the sources before undoes it.
        """
        wanted = {_key(source, function): (source, function) for source, function in sources}
        before = self._present
        for key, binding in before.items():
            if key not in wanted:
                self._undo(binding)
        self._present = {key: binding for key, binding in before.items() if key in wanted}
        for key, (source, function) in wanted.items():
            if key not in self._present:
                self._present[key] = self._binder.bind(source, function)
        self._present = {key: self._present[key] for key in wanted}
        self._binder.put_notifications(self.all())

    def _undo(self, binding: Binding) -> None:
        for service, operation, request in binding.undo:
            try:
                self._binder.call(service, operation, request)
            except AwsError as error:  # somebody removed it by hand meanwhile: it is gone, too
                _log.warning("unbinding %s: %s", binding.function, error.message)


def _key(source: Any, function: ProjectFunction) -> str:
    settings = {name: value for name, value in vars(source).items() if name not in _OF_THE_CODE}
    timeout = function.timeout_seconds  # a queue's visibility timeout is checked against it
    return f"{function.deployed_name} {type(source).__name__} {settings!r} {timeout}"
