"""House rules that a linter does not have. Each message says what to do instead."""

from __future__ import annotations

import ast
import re
from typing import Any

CODE = ("app.py", "chalicelib", "simulators", "src")
LONGEST_FILE = 500
LONGEST_APP = 400
LONGEST_FUNCTION = 70

# The only file of each house that may read the machine's clock, or roll dice.
CLOCKS = {
    "src/chalice_offline/drivers/process_clock.py",
    "src/chalice_offline/core/clock.py",
    "chalicelib/bootstrap.py",
}
DICE = {
    "src/chalice_offline/core/ids.py",
    "simulators/sim/play.py",  # seeds the dice that botocore rolls
    "chalicelib/sellers/__main__.py",  # a link that nobody must guess
}
# The commands that run in real time: they measure it, and wait for it.
REAL_TIME = {
    "simulators/demo.py",
    "simulators/friday.py",
    "simulators/playground.py",
    "simulators/rehearse.py",
    "simulators/server.py",
    "simulators/sim/fleet.py",
}

TIME = {
    "datetime.datetime.now", "datetime.datetime.utcnow", "datetime.datetime.today",
    "datetime.date.today", "time.time", "time.time_ns", "time.monotonic", "time.monotonic_ns",
    "time.perf_counter", "time.perf_counter_ns", "time.localtime", "time.gmtime",
}  # fmt: skip
CHANCE = {
    "uuid.uuid1", "uuid.uuid4", "os.urandom", "os.getrandom", "random.random", "random.randint",
    "random.randrange", "random.choice", "random.choices", "random.shuffle", "random.sample",
    "random.uniform", "random.randbytes", "random.getrandbits", "random.seed",
    "random.SystemRandom",
}  # fmt: skip
INSTEAD = {
    "src": {"time": "the clock or kernel.now_ms", "chance": "kernel.ids"},
    "chalicelib": {"time": "services.now_ms", "chance": "an id derived from the order"},
    "app.py": {"time": "services.now_ms", "chance": "an id derived from the order"},
    "simulators": {"time": "the simulator's timeline", "chance": "random.Random(seed)"},
}


def _names(tree: ast.Module) -> dict[str, str]:
    """What each imported name stands for, so that `from time import time as t` is seen through."""
    names: dict[str, str] = {}
    for node in ast.walk(tree):
        if isinstance(node, ast.Import):
            for alias in node.names:
                local = alias.asname or alias.name.split(".")[0]
                names[local] = alias.name if alias.asname else local
        elif isinstance(node, ast.ImportFrom) and node.module and not node.level:
            for alias in node.names:
                names[alias.asname or alias.name] = f"{node.module}.{alias.name}"
    return names


def _dotted(node: ast.expr, names: dict[str, str]) -> str:
    if isinstance(node, ast.Attribute):
        return f"{_dotted(node.value, names)}.{node.attr}"
    return names.get(node.id, "") if isinstance(node, ast.Name) else ""


def _uses(source: Any) -> list[tuple[int, str]]:
    """Every name or attribute that is read, called or not: passing time.time on reads it, too."""
    names = _names(source.tree)
    return [
        (node.lineno, _dotted(node, names))
        for node in ast.walk(source.tree)
        if isinstance(node, ast.Name | ast.Attribute) and isinstance(node.ctx, ast.Load)
    ]


def _functions(source: Any) -> list[Any]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef
    return [node for node in ast.walk(source.tree) if isinstance(node, kinds)]


def test_time_is_read_in_one_place(sources: Any, require_none: Any) -> None:
    """Outside the clocks nobody reads the time: virtual time would not reach them."""
    broken = [
        f"{source.path}:{line}: {name} is banned; use {INSTEAD[source.path.split('/')[0]]['time']}"
        for source in sources(*CODE)
        if source.path not in CLOCKS | REAL_TIME
        for line, name in _uses(source)
        if name in TIME
    ]
    require_none(broken)


def test_chance_comes_from_a_seed(sources: Any, require_none: Any) -> None:
    """Ids and choices come from a seed, or a failure cannot be played again."""
    broken = [
        f"{source.path}:{line}: {name} is banned; "
        f"use {INSTEAD[source.path.split('/')[0]]['chance']}"
        for source in sources(*CODE)
        if source.path not in DICE
        for line, name in _uses(source)
        if name in CHANCE or name.startswith("secrets.")
    ]
    require_none(broken)


# The command line waits for Ctrl-C, and the process clock puts itself in place of time.sleep.
SLEEPERS = {
    "src/chalice_offline/cli.py",
    "src/chalice_offline/drivers/process_clock.py",
    "simulators/sim/door.py",  # inside handlers, in virtual time
    "chalicelib/adapters/access_table.py",  # so, too: somebody else's transaction ends in no time
} | REAL_TIME


def test_nothing_sleeps(sources: Any, require_none: Any) -> None:
    """Code waits for events and tests let virtual time pass; a sleep is slow and still flaky.

    Only a handler that a test defines inside itself may: in virtual time that takes no time.
    """
    broken = [
        f"{source.path}:{line}: {name} is banned; use offline.advance, a timer or an Event"
        for source in sources(*CODE, "tests")
        if source.path not in SLEEPERS
        for line, name in _uses(source)
        if name in {"time.sleep", "asyncio.sleep"}
        and not (source.path.startswith("tests/") and line in _lines_of_inner_functions(source))
    ]
    require_none(broken)


def _lines_of_inner_functions(source: Any) -> set[int]:
    kinds = ast.FunctionDef | ast.AsyncFunctionDef | ast.Lambda
    return {
        line
        for outer in _functions(source)
        for inner in ast.walk(outer)
        if inner is not outer and isinstance(inner, kinds)
        for line in range(inner.lineno, (inner.end_lineno or inner.lineno) + 1)
    }


def test_files_are_short(sources: Any, require_none: Any) -> None:
    """A file over 500 lines has more than one job."""
    broken = [
        f"{source.path}: {len(source.lines)} lines, at most {LONGEST_FILE}; split it by job"
        for source in sources(*CODE, "tests")
        if len(source.lines) > LONGEST_FILE
    ]
    require_none(broken)


def test_functions_are_short(sources: Any, require_none: Any) -> None:
    """A function over 70 lines hides a second one."""
    broken = [
        f"{source.path}:{node.lineno}: {node.name} has {length} lines, at most {LONGEST_FUNCTION}; "
        "name its steps"
        for source in sources(*CODE)
        for node in _functions(source)
        if (length := (node.end_lineno or node.lineno) - node.lineno + 1) > LONGEST_FUNCTION
    ]
    require_none(broken)


def test_app_reads_as_a_wiring_diagram(sources: Any, require_none: Any) -> None:
    """app.py stays on one page, and every route and handler is one line into chalicelib."""
    (app,) = sources("app.py")
    assert len(app.lines) <= LONGEST_APP, "move what is not wiring into chalicelib"
    broken = [
        f"app.py:{node.lineno}: {node.name} does more than hand over to chalicelib"
        for node in _functions(app)
        if len([part for part in node.body if not _is_docstring(part)]) != 1
    ]
    require_none(broken)


def _is_docstring(node: ast.stmt) -> bool:
    return isinstance(node, ast.Expr) and isinstance(node.value, ast.Constant)


UNFINISHED = re.compile(r"\b(TODO|FIXME|XXX|HACK|TEMPORARY)\b")


def test_nothing_is_left_for_later(sources: Any, require_none: Any) -> None:
    """What is not done is an issue, not a comment."""
    broken = [
        f"{source.path}:{number}: {found[0]}; finish it or open an issue"
        for source in sources(*CODE, "scripts", "tests")
        if source.path != "tests/house/test_tidy.py"
        for number, line in enumerate(source.lines, 1)
        if (found := UNFINISHED.search(line)) and "#" in line[: found.start()]
    ]
    require_none(broken)


BROAD = {"Exception", "BaseException"}
NOQA = re.compile(r"#\s*noqa(?::\s*[A-Z]+[0-9]+(?:\s*,\s*[A-Z]+[0-9]+)*)?")


def test_broad_excepts_say_why(sources: Any, require_none: Any) -> None:
    """`except Exception` carries a comment, on its line or the next, that says why it may."""
    broken = [
        f"{source.path}:{node.lineno}: name the exceptions, or say in a comment why all are meant"
        for source in sources(*CODE)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler)
        and _is_broad(node.type)
        and not _raises_again(node)
        and not _has_reason(source.lines, node.lineno)
    ]
    require_none(broken)


def _is_broad(kind: ast.expr | None) -> bool:
    if kind is None:
        return True
    kinds = kind.elts if isinstance(kind, ast.Tuple) else [kind]
    return any(isinstance(one, ast.Name) and one.id in BROAD for one in kinds)


def _raises_again(handler: ast.ExceptHandler) -> bool:
    last = handler.body[-1]
    return isinstance(last, ast.Raise) and last.exc is None


def _has_reason(lines: list[str], number: int) -> bool:
    comment = NOQA.sub("", lines[number - 1]).partition(":")[2].strip(" #-")
    following = lines[number].strip() if number < len(lines) else ""
    return bool(comment) or following.startswith("#")


def test_no_error_is_swallowed(sources: Any, require_none: Any) -> None:
    """`except …: pass` carries a comment that says why nothing has to be done."""
    broken = [
        f"{source.path}:{node.lineno}: handle it, or say in a comment why nothing has to be done"
        for source in sources(*CODE)
        for node in ast.walk(source.tree)
        if isinstance(node, ast.ExceptHandler)
        and len(node.body) == 1
        and isinstance(node.body[0], ast.Pass)
        and not any("#" in line for line in source.lines[node.lineno - 2 : node.body[0].lineno])
    ]
    require_none(broken)


BANNED_NAMES = re.compile(r"(?i)(^|_)(helpers?|utils?|utilities|manager|misc|fakes?|mocks?)(_|$)")


def test_modules_are_named_for_their_job(sources: Any, require_none: Any) -> None:
    """No helpers, utils or managers in what ships: the name says nothing about the job."""
    broken = [
        f"{source.path}: name it for what it does"
        for source in sources("src", "chalicelib")
        if any(BANNED_NAMES.search(part) for part in source.module.split("."))
    ]
    require_none(broken)


def test_tests_say_what_they_hold(sources: Any, require_none: Any) -> None:
    """Every test has a sentence that says what must be true."""
    broken = [
        f"{source.path}:{node.lineno}: {node.name} has no docstring"
        for source in sources("tests")
        for node in _functions(source)
        if node.name.startswith("test_") and not ast.get_docstring(node)
    ]
    require_none(broken)
