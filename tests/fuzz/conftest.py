"""How a run's findings become a failed test."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable

_SHOWN = 800


@pytest.fixture
def require_clean() -> Callable[[list[str]], None]:
    """`require_clean(findings)`: fail with one line per finding."""

    def require(findings: list[str]) -> None:
        if findings:
            pytest.fail("\n".join(finding[:_SHOWN] for finding in findings), pytrace=False)

    return require
