"""Each emulator's own share of moto.

moto keeps its state in tables of the process. So that emulators in one process do not see each
other, the tables hold what belongs to the emulator that called last, and are changed over when
another one calls.
"""

from __future__ import annotations

from copy import deepcopy
from typing import Any, ClassVar

from chalice_offline.services.delegated.kept_objects import Tracking


class MotoState:
    """What moto holds for one emulator, ids to come included."""

    _in_place: ClassVar[MotoState | None] = None
    _found_random: ClassVar[Any] = None
    _found_settings: ClassVar[dict[str, Any]] = {}

    def __init__(self, seed: int) -> None:
        """Begin empty; moto is not imported before the state is first put in place."""
        self._seed = seed
        self._tables: dict[Any, list[dict[Any, Any]]] | None = None
        self._random: Any = None
        self._settings: dict[str, Any] = {}

    def put_in_place(self) -> None:
        """Make moto's tables hold this emulator's state."""
        if MotoState._in_place is self:
            return
        from moto.core.base_backend import BackendDict
        from moto.core.config import default_user_config
        from moto.moto_api._internal import mock_random

        settings: dict[str, Any] = default_user_config
        if MotoState._in_place is not None:
            MotoState._in_place._take_away()  # noqa: SLF001 - one of us
        else:
            MotoState._found_settings = deepcopy(settings)
            MotoState._found_random = mock_random.getstate()
            Tracking.stop()
        if self._tables is None:
            BackendDict.reset()
            mock_random.seed(self._seed)
            settings.update(deepcopy(MotoState._found_settings))
        else:
            settings.update(self._settings)
            for table, parts in self._tables.items():
                for part, content in zip(_parts(table), parts, strict=True):
                    part.update(content)
            BackendDict._instances[:] = self._tables  # noqa: SLF001 - moto offers no other way
            mock_random.setstate(self._random)
        MotoState._in_place = self

    def forget(self, service: str) -> None:
        """Hold nothing of one service any more, by moto's name for it."""
        if self._tables is None and MotoState._in_place is not self:
            return  # nothing was ever asked of moto, which need not be imported
        self.put_in_place()
        from moto.core.base_backend import BackendDict

        for table in BackendDict._instances:  # noqa: SLF001 - moto offers no other way
            if table.service_name == service:
                for part in _parts(table):
                    part.clear()

    @classmethod
    def give_back(cls) -> None:
        """Leave moto, empty, to whoever uses it beside us: `mock_aws` would wipe its tables."""
        if cls._in_place is not None:
            from moto.core.config import default_user_config
            from moto.moto_api._internal import mock_random

            cls._in_place._take_away()  # noqa: SLF001 - one of us
            cls._in_place = None
            mock_random.setstate(cls._found_random)
            default_user_config.update(cls._found_settings)
            Tracking.resume()

    def _take_away(self) -> None:
        from moto.core.base_backend import BackendDict
        from moto.core.config import default_user_config
        from moto.moto_api._internal import mock_random

        tables = list(BackendDict._instances)  # noqa: SLF001
        self._tables = {table: [dict(part) for part in _parts(table)] for table in tables}
        self._random = mock_random.getstate()
        self._settings = deepcopy(dict(default_user_config))
        for table in tables:
            for part in _parts(table):
                part.clear()
        BackendDict._instances.clear()  # noqa: SLF001


def _parts(table: Any) -> list[dict[Any, Any]]:
    """Return the dicts of a table of moto: itself, and its indexes (S3's bucket names)."""
    return [table, *(value for value in vars(table).values() if isinstance(value, dict))]
