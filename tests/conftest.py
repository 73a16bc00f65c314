"""What a plain `pytest` runs: all but what needs an engine, a browser or other Pythons."""

from __future__ import annotations

from typing import TYPE_CHECKING

from hypothesis import HealthCheck, settings

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

# How long an example takes says how busy the machine is, and nothing of the code.
settings.register_profile("busy", deadline=None, suppress_health_check=[HealthCheck.too_slow])
settings.load_profile("busy")


def pytest_ignore_collect(collection_path: Path, config: pytest.Config) -> bool | None:
    """Leave these folders to those who ask for them by path (`make test-localstack`)."""
    name = collection_path.name
    asked_for = any(name in argument for argument in config.args)
    return True if name in ("localstack", "browser", "wheel") and not asked_for else None
