"""Every folder below services has the same shape; docs/ARCHITECTURE.md says which."""

from __future__ import annotations

import re
from typing import Any

SERVICES = "src/chalice_offline/services"
# No AWS service of its own, or what several share.
NO_SERVICES = {"common", "delegated"}
# `services` where one state answers for two names: DynamoDB and its streams. `apis` is what the
# services that have APIs share, and what execute-api asks.
_SERVICE = re.compile(
    r"^def services?\((kernel: Kernel|kernel: Kernel, apis: ServedApis|apis: ServedApis)\) -> "
    r"(Service|tuple\[Service, Service\]):$",
    re.MULTILINE,
)
_EXPORTS = re.compile(r"^__all__ = .*\"services?\"", re.MULTILINE)
_OPERATION = re.compile(
    r"^def [a-z]\w*\(\s*_?\w+: \w+State,\s+_?context: CallContext,\s+_?request: Request,?\s*\) -> ",
    re.MULTILINE,
)


def _services(sources: Any) -> dict[str, dict[str, Any]]:
    """The files of each service by module name: {"sqs": {"state": …, "send": …}}."""
    found: dict[str, dict[str, Any]] = {}
    for source in sources(SERVICES):
        parts = source.module.split(".")[2:]
        if parts and parts[0] not in NO_SERVICES:
            found.setdefault(parts[0], {})[".".join(parts[1:])] = source
    return found


def _own_imports(name: str, source: Any, modules: dict[str, Any]) -> set[str]:
    """The modules of its own service that a module names, also for types only."""
    prefix = f"chalice_offline.services.{name}."
    found = set()
    for used in source.imports:
        inner = used.module.removeprefix(prefix)
        if inner != used.module:
            found.add(inner if inner in modules else inner.rpartition(".")[0])
    return found


def test_every_service_has_state_and_operations(sources: Any, require_none: Any) -> None:
    """state.py has one class <Name>State; operations.py has OPERATIONS and service(kernel)."""
    broken = []
    for name, modules in _services(sources).items():
        for module, wanted in (
            ("state", "State:"),
            ("operations", "OPERATIONS: "),
        ):
            if module not in modules or wanted not in modules[module].text:
                broken.append(f"services/{name}/{module}.py: has no `{wanted}`")
        if "operations" in modules and not _SERVICE.search(modules["operations"].text):
            broken.append(f"services/{name}/operations.py: has no `def service(kernel: Kernel)`")
    require_none(broken)


def test_a_service_shows_its_neighbours_only_how_to_make_it(
    sources: Any, require_none: Any
) -> None:
    """The package exports `service`."""
    broken = [
        f"{modules[''].path}: does not export service"
        for modules in _services(sources).values()
        if not _EXPORTS.search(modules[""].text)
    ]
    require_none(broken)


def test_only_operations_imports_operation_modules(sources: Any, require_none: Any) -> None:
    """operations.py is on top: what its modules share lies in modules of their own, below them."""
    broken = []
    for name, modules in _services(sources).items():
        uses = {module: _own_imports(name, source, modules) for module, source in modules.items()}
        top = {"operations"} | {
            module for module, source in modules.items() if _OPERATION.search(source.text)
        }
        broken += [
            f"{source.path}: imports {module}, whose operations are for operations.py alone"
            for importer, source in modules.items()
            for module in uses[importer] & top
            if (importer, module) != ("", "operations") and importer != "operations"
        ]
    require_none(broken)
