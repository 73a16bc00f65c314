"""A live session within a program: what of the process it uses is given back when it stops."""

from __future__ import annotations

import asyncio
import builtins
import concurrent.futures
import gc
import logging
import os
import signal
import subprocess
import sys
import threading
import time
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.endpoint import Endpoint

from chalice_offline.core.errors import ProjectError
from chalice_offline.live_session import AppSession, AwsSession

if TYPE_CHECKING:
    from tests.chalice_app.conftest import Projects

ORDER_MIDDLEWARE = Path(__file__).resolve().parents[2]

CODE = """
import logging, os, sys, threading
@app.lambda_function()
def work(event, context):
    os.environ["MARK"] = "handler"
    threading.Thread(target=print, args=("from a thread",)).start()
    logging.getLogger().warning("logged")
    return [os.environ["TZ"], context.function_name, sys.path[0], os.getcwd()]
"""


def the_process() -> dict[str, Any]:
    """Return all that a session replaces, by name."""
    policy = getattr(asyncio.events, "BaseDefaultEventLoopPolicy", None)
    return {
        "variables": dict(os.environ),
        "environ": (id(os.environ), id(vars(os.environ)["_data"])),
        "time zone": time.tzname,
        "sleep": vars(time)["sleep"],
        "time": time.time,
        "folder": os.getcwd(),  # noqa: PTH109 - what a handler sees
        "path": list(sys.path),
        "finders": list(sys.meta_path),
        "import": builtins.__import__,
        "app": sys.modules.get("app"),
        "output": (sys.stdout, sys.stderr),
        "logging": list(logging.getLogger().handlers),
        "threads": threading.Thread.start,
        "pools": concurrent.futures.ThreadPoolExecutor.submit,
        "exits": (os._exit, os.abort, os.kill, signal.raise_signal),
        "loops": getattr(policy, "get_event_loop", None),
        "botocore": vars(Endpoint)["_send"],
        "session": boto3.DEFAULT_SESSION,
        "left out of garbage collections": gc.get_freeze_count() > 0,
        "garbage collections": gc.get_threshold(),
    }


@pytest.fixture(autouse=True)
def _as_in_a_program_of_its_own() -> None:
    """These tests leave what they have imported out of garbage collections."""
    gc.unfreeze()


def a_session(directory: Path) -> AppSession:
    return AppSession(directory, "dev", port=0, aws_port=0, region="us-east-1")


def answer_of(session: AppSession) -> Any:
    """Run the function through the session's own door, and a service that is moto's."""
    client = boto3.client("lambda")
    reply = client.invoke(FunctionName="demo-dev-work")
    boto3.client("secretsmanager").list_secrets()
    assert session.app.project is not None
    return reply["Payload"].read().decode()


def test_a_session_that_stopped_leaves_the_process_as_it_was(projects: Projects) -> None:
    """Every object is the very same, whatever handlers did meanwhile."""
    directory = projects.write(CODE)
    before = the_process()
    session = a_session(directory)
    try:
        session.start()
        answer = answer_of(session)
        assert "demo-dev-work" in answer
        assert str(directory) in answer
        during = the_process()
    finally:
        session.stop()
    after = the_process()
    changed = {name for name in before if during[name] != before[name]}
    assert changed >= {"environ", "exits", "garbage collections"}
    assert {name for name in before if after[name] != before[name]} == set()


def test_a_project_that_holds_the_emulator_has_only_its_own_modules_taken_out() -> None:
    """Else what is imported later would come twice, with other classes of the same names.

    In a process of its own: here the project's modules are those of other tests as well.
    """
    done = subprocess.run(
        [sys.executable, "-c", HOLDS_THE_EMULATOR],
        cwd=ORDER_MIDDLEWARE, capture_output=True, text=True, timeout=120, check=False,
    )  # fmt: skip
    assert (done.returncode, done.stdout.strip()) == (0, "True True"), done.stderr


HOLDS_THE_EMULATOR = """
import sys
from pathlib import Path
from chalice_offline.live_session import AppSession
before = sys.modules["chalice_offline.core.errors"]
session = AppSession(Path.cwd(), "local", port=0, aws_port=0, region="us-east-1")
session.start()
own = sys.modules["app"].__file__ == str(Path("app.py").resolve())
print(own, sys.modules.get("chalice_offline.core.errors") is before)
session.stop()
"""


def test_what_a_session_needs_stays_while_another_stops(projects: Projects) -> None:
    """The first to stop gives nothing back that the other still uses."""
    directory = projects.write(CODE)
    before = the_process()
    other = AwsSession(port=0)
    other.start()
    try:
        session = a_session(directory)
        session.start()
        answer_of(session)
        session.stop()
        kept = the_process()
    finally:
        other.stop()
    assert kept["exits"] != before["exits"]
    assert kept["variables"] == before["variables"]
    assert {name for name, value in the_process().items() if value != before[name]} == set()


def test_a_session_that_could_not_start_leaves_nothing_behind(projects: Projects) -> None:
    """A project that cannot be loaded, and a port that is taken."""
    before = the_process()
    session = a_session(projects.write("raise ValueError('broken')"))
    with pytest.raises(ProjectError, match="broken"):
        session.start()
    session.stop()
    taken = AwsSession(port=0)
    with pytest.raises(ProjectError, match=str(taken.aws_server.port)):
        AppSession(projects.directory, "dev", port=taken.aws_server.port, aws_port=0)
    taken.stop()
    assert {name for name, value in the_process().items() if value != before[name]} == set()
