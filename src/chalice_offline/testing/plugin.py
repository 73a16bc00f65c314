"""pytest's hooks and fixtures. Where no test asks for a fixture, nothing of the process changes."""

from __future__ import annotations

import ast
import sys
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.core.errors import ProjectError
from chalice_offline.testing.offline import Offline

if TYPE_CHECKING:
    from collections.abc import Callable, Generator, Iterator
    from pathlib import Path

    from chalice_offline.chalice_app.process_variables import ProcessVariables

FIXTURES = frozenset({"offline", "offline_session", "make_offline"})
_LONG_LIVED = FIXTURES - {"offline"}
_MARK_OPTIONS = frozenset({"stage", "region", "start", "seed", "timeouts", "iam"})

_CONFIG_FILE = ".chalice/config.json"

_alive = pytest.StashKey[list[Offline]]()


def pytest_addoption(parser: pytest.Parser) -> None:
    """Declare the plugin's settings."""
    parser.addini(
        "chalice_project",
        "folder of the Chalice project, relative to the root; not set: the nearest around a test",
        default="",
    )
    parser.addini("chalice_stage", "stage whose configuration tests use", default="")
    parser.addini("chalice_region", "AWS region of the emulator in tests", default="")
    parser.addini("chalice_seed", "seed of every id the emulator gives out", default="0")


def pytest_configure(config: pytest.Config) -> None:
    """Declare the mark."""
    config.addinivalue_line(
        "markers",
        "offline(stage=, region=, start=, seed=, timeouts=, iam=): "
        "how the fixture `offline` is set up",
    )
    config.stash[_alive] = []


# ---- fixtures ------------------------------------------------------------------------------------


@pytest.fixture
def offline(request: pytest.FixtureRequest) -> Iterator[Offline]:
    """The project's app in virtual time, fresh for every test; `@pytest.mark.offline(stage=…)`."""
    options: dict[str, Any] = {}
    for mark in reversed(list(request.node.iter_markers("offline"))):  # the nearest has its way
        unknown = mark.kwargs.keys() - _MARK_OPTIONS
        if mark.args or unknown:
            what = ", ".join(map(str, [*mark.args, *sorted(unknown)]))
            pytest.fail(
                f"pytest.mark.offline takes {', '.join(sorted(_MARK_OPTIONS))} by name, not {what}",
                pytrace=False,
            )
        options |= mark.kwargs
    try:
        project = _project_directory(request.config, request.path)
        running = _made(request.config, options, project).start()
    except ProjectError as error:
        # It says what is wrong with the project, and where; our own frames say nothing more.
        raise pytest.fail.Exception(str(error), pytrace=False) from None
    with running:
        yield running


@pytest.fixture(scope="session")
def make_offline(pytestconfig: pytest.Config) -> Iterator[Callable[..., Offline]]:
    """Make emulators for fixtures of any scope.

        @pytest.fixture(scope="module")
        def shop(make_offline):
            with make_offline(stage="dev") as offline:
                yield offline

    Takes what `Offline` takes; what is not given is as for the fixture `offline`. While a test runs
    that does not use one of them they have nothing of the process.
    """
    alive = pytestconfig.stash[_alive]

    def make(project_dir: str | Path | None = None, **options: Any) -> Offline:
        made = _made(pytestconfig, options, project_dir).start()
        alive.append(made)
        return made

    yield make
    for made in alive:
        made.stop()
    alive.clear()


@pytest.fixture(scope="session")
def offline_session(make_offline: Callable[..., Offline]) -> Offline:
    """One emulator for all tests that use it: what one test leaves behind the next one finds."""
    return make_offline()


def _made(
    config: pytest.Config, options: dict[str, Any], project_dir: str | Path | None = None
) -> Offline:
    usual: dict[str, Any] = {
        "stage": config.getini("chalice_stage") or None,
        "region": config.getini("chalice_region") or None,
        "seed": int(config.getini("chalice_seed")),
    }
    if project_dir is None:
        project_dir = _project_directory(config, config.invocation_params.dir / "conftest.py")
    return Offline(project_dir, **(usual | options))


def _project_directory(config: pytest.Config, module: Path) -> Path:
    """Return the project that a test module belongs to, wherever pytest was called."""
    named = str(config.getini("chalice_project"))
    if named:
        return (config.rootpath / named).resolve()
    around = (folder for folder in module.parents if (folder / _CONFIG_FILE).exists())
    return next(around, config.rootpath).resolve()


# ---- emulators that outlive a test ---------------------------------------------------------------


@pytest.hookimpl(wrapper=True, tryfirst=True)
def pytest_runtest_protocol(item: pytest.Item) -> Generator[None, Any, Any]:
    """Let longer-lived emulators have the process only while a test runs that uses them."""
    alive = item.config.stash[_alive]
    if alive and _LONG_LIVED.intersection(getattr(item, "fixturenames", ())):
        for running in alive:
            running.resume()
    try:
        return (yield)
    finally:
        for running in alive:
            running.suspend()


# ---- test modules that import the app -----------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_make_collect_report(collector: pytest.Collector) -> Generator[None, Any, Any]:
    """Let a test module that uses a fixture `import app` at its top.

    Its project is on `sys.path`, and while it is imported the process has the variables that the
    app's functions have, so that a client made at import time knows a region. Other modules are
    imported as ever.
    """
    if not (isinstance(collector, pytest.Module) and _uses_a_fixture(collector.path)):
        return (yield)
    directory = _project_directory(collector.config, collector.path)
    if not (directory / _CONFIG_FILE).exists():
        return (yield)
    try:
        variables = _variables(directory, collector.config)
    except ProjectError as error:
        report = pytest.CollectReport(collector.nodeid, "failed", longrepr=str(error), result=[])
        yield
        return report
    if str(directory) not in sys.path:  # tests may be in a folder of their own
        sys.path.insert(0, str(directory))
    with variables.active():
        return (yield)


def _variables(directory: Path, config: pytest.Config) -> ProcessVariables:
    """Return what the functions see for the stage and region that tests use."""
    from chalice_offline.chalice_app.process_variables import ProcessVariables
    from chalice_offline.chalice_app.project import default_stage
    from chalice_offline.testing.presence import place_of

    stage = config.getini("chalice_stage") or default_stage(directory)
    place = place_of(directory, stage, config.getini("chalice_region") or None)
    return ProcessVariables(place.variables)


def _uses_a_fixture(path: Path) -> bool:
    """Whether a module names one of the fixtures: as an argument, or in quotes (usefixtures)."""
    try:
        text = path.read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return False  # pytest says what is wrong with it
    if "offline" not in text:
        return False
    try:
        tree = ast.parse(text)
    except (SyntaxError, ValueError, RecursionError):
        return False
    return any(
        (isinstance(node, ast.arg) and node.arg in FIXTURES)
        or (isinstance(node, ast.Constant) and node.value in FIXTURES)
        for node in ast.walk(tree)
    )


# ---- reports -------------------------------------------------------------------------------------


@pytest.hookimpl(wrapper=True)
def pytest_runtest_makereport(
    item: pytest.Item, call: pytest.CallInfo[None]
) -> Generator[None, pytest.TestReport, pytest.TestReport]:
    """Put what the emulator did last into the report of a test that failed."""
    report = yield
    if report.failed and call.when in ("setup", "call"):
        from chalice_offline.testing.report import TITLE, last_stories

        for value in getattr(item, "funcargs", {}).values():
            if not isinstance(value, Offline):
                continue
            if story := last_stories(value.journal, value.app.short_names()):
                report.sections.append((TITLE, story))
    return report
