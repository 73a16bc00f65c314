"""Who may import whom. docs/ARCHITECTURE.md tells the reasons."""

from __future__ import annotations

import sys
from typing import Any

# Each part of the emulator and what it may import besides itself and `core`.
# A part is a folder or a module directly below src/chalice_offline.
MAY_IMPORT: dict[str, set[str]] = {
    "core": set(),
    "patterns": set(),
    "schedules": set(),
    "storage": set(),
    "sessions": {"storage"},
    "protocols": set(),
    "trace": set(),
    "samples": set(),
    "services": {"patterns", "schedules", "protocols"},
    "drivers": set(),
    "emulator": {"services", "storage", "protocols"},
    "composition": {"services", "emulator"},
    "resetting": {"protocols", "emulator"},
    "transports": {"protocols", "emulator", "resetting"},
    "chalice_app": {"services", "protocols", "transports", "emulator", "resetting"},
    "uploaded": {"chalice_app", "storage"},
    "attach": {"chalice_app", "composition", "drivers", "services", "transports"},
    "iam": {"services", "protocols", "emulator"},
    "console": {
        "services", "protocols", "samples", "trace", "emulator", "transports", "resetting",
    },
    "live_emulator": {
        "chalice_app", "composition", "console", "drivers", "emulator", "iam", "services",
        "storage", "transports", "uploaded",
    },
    "live_session": {
        "chalice_app", "emulator", "iam", "live_emulator", "resetting", "services", "sessions",
        "storage", "transports",
    },
    "terminal": {"console", "services", "emulator", "trace"},
    "testing": {
        "chalice_app", "composition", "console", "drivers", "emulator", "iam", "resetting",
        "services", "storage", "trace", "transports", "uploaded",
    },
    "commands": {"chalice_app", "samples", "sessions", "storage", "trace"},
    "cli": {
        "attach", "chalice_app", "commands", "iam", "live_session", "terminal", "transports",
    },
    "__main__": {"cli"},
}  # fmt: skip

# The deterministic kernel. Nothing in it reaches for time, chance, threads, files or the network.
KERNEL = ("core", "patterns", "schedules", "protocols", "services")
NOT_IN_THE_KERNEL = {
    "asyncio": "Pending",
    "concurrent": "kernel.start_run",
    "multiprocessing": "kernel.start_run",
    "random": "kernel.ids",
    "requests": "kernel.send_http",
    "secrets": "kernel.ids",
    "socket": "kernel.send_http",
    "subprocess": "kernel.start_run",
    "threading": "kernel.at",
    "time": "kernel.now_ms",
    "urllib.request": "kernel.send_http",
    "uuid": "kernel.ids",
}
KERNEL_EXCEPTIONS = {
    ("chalice_offline.core.clock", "threading"),
    ("chalice_offline.core.clock", "time"),
    ("chalice_offline.core.ids", "random"),
}

# Third-party packages a part may import. Parts not named here: the standard library only.
THIRD_PARTY: dict[str, set[str]] = {
    "protocols": {"botocore"},
    "services": {"botocore", "cryptography", "jsonata", "moto", "samtranslator", "xxhash", "yaml"},
    "drivers": {"time_machine"},
    "transports": {"botocore", "httptools", "requests", "uvicorn"},
    "chalice_app": {"botocore", "chalice", "simplejson", "yaml"},
    "attach": {"boto3", "botocore", "click"},
    "commands": {"boto3", "botocore", "click", "yaml"},
    "testing": {"boto3", "chalice", "pytest"},
    "cli": {"click"},
}

OURS = {"chalice_offline", "chalicelib", "simulators", "app"}


def _top(module: str) -> str:
    return module.split(".", 1)[0]


def _part(module: str) -> str:
    """The part of the emulator that a dotted name belongs to; "" for the package itself."""
    return [*module.split("."), ""][1]


def _is_third_party(module: str) -> bool:
    return _top(module) not in sys.stdlib_module_names | OURS


def test_emulator_parts_import_only_what_lies_below_them(sources: Any, require_none: Any) -> None:
    """Every import inside src/chalice_offline follows MAY_IMPORT; no other direction exists."""
    broken = []
    for source in sources("src/chalice_offline"):
        part = _part(source.module)
        if not part:
            continue
        assert part in MAY_IMPORT, f"{source.path}: a new part; say in MAY_IMPORT what it may use"
        allowed = MAY_IMPORT[part] | {part, "core"}
        for used in source.imports:
            target = _part(used.module)
            if _top(used.module) != "chalice_offline" or target in allowed:
                continue
            broken.append(f"{source.path}:{used.line}: {part} may not import {used.module}")
    require_none(broken)


def test_parts_form_no_cycle() -> None:
    """MAY_IMPORT itself has no cycle: each part can be understood after those below it."""
    left = {part: set(uses) for part, uses in MAY_IMPORT.items()}
    while left:
        free = {part for part, uses in left.items() if not uses & left.keys()}
        assert free, f"a cycle among {sorted(left)}"
        left = {part: uses for part, uses in left.items() if part not in free}


def test_modules_form_no_cycle_at_import(sources: Any) -> None:
    """No module of ours needs, at import time, a module that needs it."""
    files = {s.module: s for s in sources("src/chalice_offline", "chalicelib", "simulators")}
    needs = {name: _needed_at_load(source, files) for name, source in files.items()}
    assert not (left := _in_a_cycle(needs)), f"these import each other: {sorted(left)}"


def test_modules_of_the_emulator_form_no_cycle_at_all(sources: Any) -> None:
    """Not even for types, nor inside a function: each module is understood after those it names."""
    files = {s.module: s for s in sources("src/chalice_offline")}
    needs = {name: _named(source, files, source.imports) for name, source in files.items()}
    left = _in_a_cycle(needs)
    assert not left, f"these import each other, or something that does: {sorted(left)}"


def _in_a_cycle(needs: dict[str, set[str]]) -> set[str]:
    """The modules that are in a cycle, or between two of them."""
    left = dict(needs)
    while True:
        needed = set().union(*left.values())
        free = {name for name, uses in left.items() if name not in needed or not uses & left.keys()}
        if not free:
            return set(left)
        left = {name: uses for name, uses in left.items() if name not in free}


def _needed_at_load(source: Any, files: dict[str, Any]) -> set[str]:
    """The modules of ours that importing this one executes (its own packages aside)."""
    return _named(source, files, [used for used in source.imports if used.at_load])


def _named(source: Any, files: dict[str, Any], imports: list[Any]) -> set[str]:
    found = set()
    for used in imports:
        module = used.module if used.module in files else used.module.rpartition(".")[0]
        if module in files and not f"{source.module}.".startswith(f"{module}."):
            found.add(module)
    return found


def test_services_are_blind_to_each_other(sources: Any, require_none: Any) -> None:
    """A service reaches another one through the registry (kernel.deliver), never by import.

    What several share is in services.common, which knows none of them.
    """
    broken = []
    for source in sources("src/chalice_offline/services"):
        parts = source.module.split(".")
        own = parts[2] if len(parts) > 2 else ""
        for used in source.imports:
            if not used.module.startswith("chalice_offline.services."):
                continue
            if used.module.split(".")[2] not in (own, "common"):
                broken.append(
                    f"{source.path}:{used.line}: {own} imports {used.module}; use kernel.deliver"
                )
    require_none(broken)


def test_kernel_reaches_for_nothing_outside(sources: Any, require_none: Any) -> None:
    """Clock, chance, threads and sockets stay outside the kernel; the message says what to use."""
    broken = []
    for source in sources(*(f"src/chalice_offline/{part}" for part in KERNEL)):
        for used in source.imports:
            for banned, instead in NOT_IN_THE_KERNEL.items():
                if not f"{used.module}.".startswith(f"{banned}."):
                    continue
                if (source.module, banned) not in KERNEL_EXCEPTIONS and not used.types_only:
                    broken.append(f"{source.path}:{used.line}: {banned} is banned; use {instead}")
    require_none(broken)


def test_third_party_packages_stay_where_they_belong(sources: Any, require_none: Any) -> None:
    """core, patterns, schedules and storage are standard library only; others have a short list."""
    broken = [
        f"{source.path}:{used.line}: may not import {_top(used.module)}"
        for source in sources("src/chalice_offline")
        for used in source.imports
        if _is_third_party(used.module)
        and _top(used.module) not in THIRD_PARTY.get(_part(source.module), set())
    ]
    require_none(broken)


def test_only_delegated_imports_moto(sources: Any, require_none: Any) -> None:
    """One place knows moto, so that one place has to change with it."""
    delegated = "src/chalice_offline/services/delegated"
    broken = [
        f"{source.path}:{used.line}: imports {used.module}; that belongs to services/delegated"
        for source in sources("src/chalice_offline")
        for used in source.imports
        if _top(used.module) == "moto" and not source.path.startswith(delegated)
    ]
    require_none(broken)


def test_emulator_knows_no_app_and_no_simulator(sources: Any, require_none: Any) -> None:
    """src runs any Chalice project, so it imports nothing of this one."""
    broken = [
        f"{source.path}:{used.line}: imports {used.module}"
        for source in sources("src")
        for used in source.imports
        if _top(used.module) in OURS - {"chalice_offline"}
    ]
    require_none(broken)


def test_app_knows_no_emulator_and_no_simulator(sources: Any, require_none: Any) -> None:
    """What ships to Lambda runs there: neither chalice_offline nor the simulators exist there."""
    broken = [
        f"{source.path}:{used.line}: imports {used.module}"
        for source in sources("app.py", "chalicelib")
        for used in source.imports
        if _top(used.module) in {"chalice_offline", "simulators", "tests"}
    ]
    require_none(broken)


def test_domain_is_standard_library_only(sources: Any, require_none: Any) -> None:
    """chalicelib.domain imports itself and the standard library."""
    broken = [
        f"{source.path}:{used.line}: imports {used.module}"
        for source in sources("chalicelib/domain")
        for used in source.imports
        if _is_third_party(used.module)
        or (_top(used.module) in OURS and not used.module.startswith("chalicelib.domain"))
    ]
    require_none(broken)


# What a webhook's function executes: app.py and what bootstrap fits on first use for it.
INGEST_ROOTS = {
    "app",
    "chalicelib.ingest.webhooks",
    "chalicelib.ingest.durable",
    "chalicelib.adapters.queues",
    "chalicelib.adapters.event_bus",
    "chalicelib.adapters.files",
    "chalicelib.adapters.http",
    "chalicelib.adapters.secrets",
}
INGEST_FOLDERS = ("chalicelib.channels.", "chalicelib.pos.", "chalicelib.tokens")
INGEST_PACKAGES = {"boto3", "botocore", "chalice"}


def test_ingest_path_loads_only_the_standard_library_and_boto3(
    sources: Any, require_none: Any
) -> None:
    """A webhook's cold start imports nothing that has to be shipped; the rest loads on use."""
    files = {source.module: source for source in sources("app.py", "chalicelib")}
    missing = INGEST_ROOTS - files.keys()
    assert not missing, f"the ingest path moved: {sorted(missing)}"
    to_visit = INGEST_ROOTS | {name for name in files if name.startswith(INGEST_FOLDERS)}
    seen: set[str] = set()
    broken = []
    while to_visit:
        source = files[to_visit.pop()]
        seen.add(source.module)
        to_visit |= _needed_at_load(source, files) - seen
        broken += [
            f"{source.path}:{used.line}: {used.module}; import it inside the function that uses it"
            for used in source.imports
            if used.at_load
            and _is_third_party(used.module)
            and _top(used.module) not in INGEST_PACKAGES
        ]
    require_none(broken)
