"""The public surface: what users' tests build on changes only on purpose."""

from __future__ import annotations

import inspect
import tomllib
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline import testing

if TYPE_CHECKING:
    from pathlib import Path

# Adding a name here is a promise; taking one away is a breaking change for the CHANGELOG.
OFFLINE = {
    "advance": "*, raise_errors, **duration",
    "app": "",
    "client": "service, region",
    "emulator": "",
    "explore": "port",
    "faults": "",
    "http": "",
    "invoke": "name, payload",
    "journal": "",
    "now": "",
    "reload": "",
    "reset": "service",
    "resume": "",
    "runs": "",
    "settle": "*, within, raise_errors",
    "start": "",
    "stop": "",
    "suspend": "",
    "trace": "text",
    "websocket": "path, headers",
}
HTTP = {
    **dict.fromkeys(
        ("delete", "get", "head", "options", "patch", "post", "put"), "path, **options"
    ),
    "request": "method, path, headers, body, *, json",
}


def _parameters(function: Any) -> str:
    """Names of the parameters after self, with the stars that say how they are given."""
    names = []
    only_named = False
    for parameter in list(inspect.signature(function).parameters.values())[1:]:
        if parameter.kind is parameter.KEYWORD_ONLY and not only_named:
            names.append("*")
            only_named = True
        stars = "**" if parameter.kind is parameter.VAR_KEYWORD else ""
        names.append(stars + parameter.name)
    return ", ".join(names)


def _surface(kind: type) -> dict[str, str]:
    """Public methods with their parameters, and public properties."""
    return {
        name: _parameters(value) if inspect.isfunction(value) else ""
        for name, value in vars(kind).items()
        if not name.startswith("_")
    }


def test_testing_exports_what_it_promises() -> None:
    """`chalice_offline.testing` exports four names beside its fixtures and hooks."""
    names = [name for name in testing.__all__ if not name.startswith("pytest_")]
    fixtures = ["make_offline", "offline", "offline_session"]
    assert sorted(names) == [
        "ConflictError",
        "NotSettledError",
        "Offline",
        "OfflineHttp",
        *fixtures,
    ]
    assert all(hasattr(testing, name) for name in testing.__all__)


@pytest.mark.parametrize(
    ("kind", "promised"), [(testing.Offline, OFFLINE), (testing.OfflineHttp, HTTP)]
)
def test_public_methods_are_the_promised_ones(kind: type, promised: dict[str, str]) -> None:
    """Public methods and properties have the promised names and parameters, no more, no less."""
    attributes = {"app", "emulator", "http"} & promised.keys()  # set in __init__
    expected = {name: given for name, given in promised.items() if name not in attributes}
    assert _surface(kind) == expected
    source = inspect.getsource(kind)
    assert all(f"self.{name} = " in source for name in attributes)


def test_not_settled_is_a_failed_assertion() -> None:
    """pytest shows an unsettled test as failed, not as broken."""
    assert issubclass(testing.NotSettledError, AssertionError)


def test_plugin_declares_its_settings() -> None:
    """The settings of the plugin keep their names."""
    declared = []

    class Parser:
        def addini(self, name: str, *_: Any, **__: Any) -> None:
            declared.append(name)

    testing.pytest_addoption(Parser())  # type: ignore[arg-type]
    assert sorted(declared) == [
        "chalice_project",
        "chalice_region",
        "chalice_seed",
        "chalice_stage",
    ]


def test_package_installs_command_and_plugin(root: Path) -> None:
    """Installing the package gives the command chalice-offline and the pytest plugin."""
    project = tomllib.loads((root / "pyproject.toml").read_text())["project"]
    assert project["scripts"] == {"chalice-offline": "chalice_offline.cli:main"}
    assert project["entry-points"]["pytest11"] == {"chalice_offline": "chalice_offline.testing"}
