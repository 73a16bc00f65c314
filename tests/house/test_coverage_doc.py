"""docs/COVERAGE.md says what the code does."""

from __future__ import annotations

import importlib.util
import sys
from typing import TYPE_CHECKING, Any

import pytest

if TYPE_CHECKING:
    from pathlib import Path


@pytest.fixture(scope="module")
def coverage(root: Path) -> Any:
    """The script that writes the page, loaded under another name than the package's."""
    path = root / "scripts" / "coverage.py"
    specification = importlib.util.spec_from_file_location("coverage_page", path)
    assert specification is not None
    assert specification.loader is not None
    module = importlib.util.module_from_spec(specification)
    paths = list(sys.path)
    sys.modules[specification.name] = module  # dataclasses look their module up
    try:
        specification.loader.exec_module(module)
    finally:
        sys.path[:] = paths
    return module


def test_coverage_page_is_current(coverage: Any) -> None:
    """The page equals what the services' tables say."""
    wanted = coverage.page(coverage.services()) + "\n"
    written = coverage.PAGE.read_text(encoding="utf-8")
    assert coverage.is_current(written, wanted), "run: python scripts/coverage.py"


def test_supported_operations_are_operations(coverage: Any) -> None:
    """Nothing is called supported that AWS's model does not have."""
    from chalice_offline.protocols import operation_names

    for name, title in coverage.TITLES.items():
        service = next(one for one in coverage.services() if one.title == title)
        answered = {one for one, state in service.states.items() if state != coverage.MISSING}
        assert answered <= set(operation_names(name)), title


def test_a_new_botocore_does_not_make_the_page_stale(coverage: Any) -> None:
    """With another botocore only what is answered counts, not what AWS added meanwhile."""
    written = coverage.page(coverage.services()) + "\n"
    newer = written.replace("those of botocore ", "those of botocore 9")
    newer = newer.replace(
        "| operation | |\n|---|---|\n", "| operation | |\n|---|---|\n| `NewOne` | missing |\n", 1
    )
    assert coverage.is_current(written, newer)
    assert not coverage.is_current(
        written, newer.replace("`NewOne` | missing", "`NewOne` | supported")
    )
    assert not coverage.is_current(written, written.replace("| missing |", "| supported |", 1))
