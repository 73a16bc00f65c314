"""What a plain `pytest` runs: all but what needs an engine, a browser or other Pythons."""

from __future__ import annotations

import gc
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, settings

from chalice_offline.chalice_app.process_patches import hold, let_go

if TYPE_CHECKING:
    from collections.abc import Iterator

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")

OBJECTS_BETWEEN_COLLECTIONS = 50_000  # Python's own 700 are the calls of one test


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave these folders to those who ask for them by path (`make test-localstack`)."""
    name = collection_path.name
    asked_for = any(name in argument for argument in config.args)
    return True if name in ("localstack", "browser", "wheel") and not asked_for else None


@pytest.fixture(autouse=True, scope="module")
def _few_collections() -> None:
    """Look for garbage less often, and not among what was imported: it took up to a quarter of all.

    A session in real time gives back what it has set, and with it this: so it is done anew.
    """
    if not gc.get_freeze_count():
        gc.collect()
        gc.freeze()
    gc.set_threshold(OBJECTS_BETWEEN_COLLECTIONS, 10, 10)


@pytest.fixture(autouse=True)
def _same_folder() -> Iterator[None]:
    """A test that leaves the process in another folder fails itself, not those after it."""
    before = Path.cwd()
    yield
    assert Path.cwd() == before


@pytest.fixture(autouse=True)
def _parameters_hold_nothing(request: pytest.FixtureRequest) -> Iterator[None]:
    """An exception that is a test's parameter lets go of the frames that it was raised through.

    Parameters live as long as pytest, and the frames hold the emulator of their test.
    """
    yield
    called = getattr(request.node, "callspec", None)
    for value in called.params.values() if called else ():
        if isinstance(value, BaseException):
            value.__traceback__ = value.__context__ = None


@pytest.fixture(autouse=True)
def _process_given_back() -> Iterator[None]:
    """What parts that nobody holds the process for have replaced is given back after each test.

    Sessions hold it and give it back; a runtime that a test uses by itself does neither.
    """
    yield
    holder = object()
    hold(holder)
    let_go(holder)
