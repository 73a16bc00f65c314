"""Other libraries that answer boto3 or hold the clock: one error names them, nothing is lost."""

from __future__ import annotations

import datetime as dt
from typing import TYPE_CHECKING, Any

import boto3
import pytest

from chalice_offline.testing import ConflictError, Offline

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

CODE = """
@app.route("/")
def index():
    return {}
"""


@pytest.fixture
def project(projects: Any) -> Path:
    written: Path = projects.write(CODE)
    return written


def uses(offline: Offline) -> list[Callable[[], Any]]:
    return [offline.settle, offline.client("sqs").list_queues, lambda: offline.http.get("/")]


def test_mock_aws_is_refused_before(project: Path) -> None:
    """One error that names it, before anything is done."""
    from moto import mock_aws

    with mock_aws(), pytest.raises(ConflictError, match="mock_aws is active"):
        Offline(project).start()


def test_mock_aws_does_not_begin_inside(project: Path) -> None:
    """It would empty the tables that both have, and answer boto3 instead of the emulator."""
    from moto import mock_aws

    @mock_aws
    def decorated() -> None:
        boto3.client("ssm").get_parameter(Name="kept")

    with Offline(project) as offline:
        ssm = offline.client("ssm")
        ssm.put_parameter(Name="kept", Value="1", Type="String")
        for begin in (decorated, mock_aws().start, mock_aws().__enter__):
            with pytest.raises(ConflictError, match="mock_aws is active"):
                begin()
        assert boto3.client("ssm").get_parameter(Name="kept")["Parameter"]["Value"] == "1"
        offline.suspend()
        with mock_aws():  # as ever, while the emulator has nothing of the process
            pass
        offline.resume()
        assert ssm.get_parameter(Name="kept")["Parameter"]["Value"] == "1"
    with mock_aws():
        sqs = boto3.client("sqs", region_name="us-east-1")
        assert "QueueUrls" not in sqs.list_queues()


def test_mock_aws_that_began_meanwhile_is_refused(project: Path) -> None:
    """Another thread, or a fixture that was set up while the emulator was suspended."""
    from moto import mock_aws

    with Offline(project) as offline:
        offline.suspend()
        with mock_aws():
            with pytest.raises(ConflictError, match="mock_aws is active"):
                offline.resume()
            with pytest.raises(ConflictError, match="mock_aws is active"):
                offline.settle()
        offline.resume()
        offline.settle()


def test_time_machine_is_refused_before_and_inside(project: Path) -> None:
    """The clock has one hand on it."""
    import time_machine

    instant = "2020-01-01T00:00Z"
    words = "time-machine holds the process's clock"
    with time_machine.travel(instant, tick=False), pytest.raises(ConflictError, match=words):
        Offline(project).start()
    with Offline(project) as offline:
        for act in uses(offline):
            with (
                time_machine.travel(instant, tick=False),
                pytest.raises(ConflictError, match=words),
            ):
                act()
        offline.settle()


def freeze(monkeypatch: pytest.MonkeyPatch) -> None:
    """Do what freezegun does that others can see, also when it is told to ignore this package."""
    frozen = type("FakeDatetime", (dt.datetime,), {"__module__": "freezegun.api"})
    monkeypatch.setattr(dt, "datetime", frozen)


def test_freezegun_is_refused_before_and_inside(
    project: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A frozen clock does not move when virtual time does."""
    words = "freezegun holds the process's clock"
    with monkeypatch.context() as patch:
        freeze(patch)
        with pytest.raises(ConflictError, match=words):
            Offline(project).start()
    with Offline(project) as offline:
        for act in uses(offline):
            with monkeypatch.context() as patch, pytest.raises(ConflictError, match=words):
                freeze(patch)
                act()
        offline.settle()
