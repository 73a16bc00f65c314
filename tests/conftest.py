"""What a plain `pytest` runs: everything but the tests that need an engine of their own."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

    import pytest


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave tests/localstack to those who ask for it by path (`make test-localstack`)."""
    asked_for = any("localstack" in argument for argument in config.args)
    return True if collection_path.name == "localstack" and not asked_for else None
