"""A project attached over HTTP to an endpoint in real time: real boto3, real sockets."""

from __future__ import annotations

import json
import sys
import threading
from contextlib import ExitStack
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.attach.endpoint import endpoint_of
from chalice_offline.attach.session import AttachedSession, detach
from chalice_offline.chalice_app.app_module import unload_project
from chalice_offline.live_session import AwsSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from chalice_offline.attach.endpoint import Endpoint

WAIT_SECONDS = 20
HEAD = """\
import os
import boto3
from chalice import Chalice, Rate

app = Chalice(app_name="shop")
app.seen = []
app.debug = False
"""


def wait_until(condition: Callable[[], Any], what: str, seconds: float = WAIT_SECONDS) -> Any:
    """Return the first true value of `condition()`; fail after `seconds`."""
    pause = threading.Event()
    for _ in range(round(seconds / 0.02)):
        value = condition()
        if value:
            return value
        pause.wait(0.02)
    pytest.fail(f"waited {seconds} s for {what}, in vain")


class Attached:
    """An endpoint, a project folder, and sessions that attach the one to the other."""

    def __init__(self, directory: Path, stack: ExitStack) -> None:
        self.directory = directory
        self._stack = stack
        self.aws = AwsSession(port=0)
        self.aws.start()
        self._running = True
        stack.callback(self.stop_aws)
        self.endpoint: Endpoint = endpoint_of(self.aws.aws_server.url, {}, {})
        self.told: list[str] = []
        (directory / ".chalice").mkdir()
        self.configure()

    def configure(self, **stage: Any) -> None:
        """Write config.json; keywords are settings of the stage."""
        variables = {"STAGE": "dev", "AWS_ENDPOINT_URL": "http://127.0.0.1:1"}
        stages = {"dev": {"environment_variables": variables, "lambda_timeout": 5} | stage}
        config = {"version": "2.0", "app_name": "shop", "stages": stages}
        (self.directory / ".chalice" / "config.json").write_text(json.dumps(config))

    def write(self, code: str) -> None:
        """Write app.py: HEAD, then `code`."""
        (self.directory / "app.py").write_text(HEAD + code)

    def prepare(self, **options: Any) -> AttachedSession:
        """Return a session that has looked, and changed nothing."""
        settings: dict[str, Any] = {"port": 0, "poll_seconds": 0, "patience_seconds": 0.5}
        session = AttachedSession(
            self.directory, "dev", self.endpoint, tell=self.told.append, **(settings | options)
        )
        self._stack.callback(session.stop)
        session.prepare()
        return session

    def start(self, code: str = "", **options: Any) -> AttachedSession:
        """Write the app, attach it, and stop it at the end of the test."""
        if code:
            self.write(code)
        session = self.prepare(**options)
        session.start()
        return session

    def kill(self, session: AttachedSession) -> None:
        """End a session as a killed process does: nothing is removed."""
        session.stop(remove=False)
        unload_project(self.directory)

    def detach(self) -> int:
        """Run `--detach`."""
        return detach(self.endpoint, "shop-dev", self.told.append)

    def stop_aws(self) -> None:
        """End the endpoint."""
        if self._running:
            self._running = False
            self.aws.stop()

    def seen(self, session: AttachedSession) -> list[Any]:
        """Return what the app's handlers noted."""
        assert session.app.project is not None
        return list(session.app.project.app.seen)

    def wait_for_seen(self, session: AttachedSession, count: int = 1) -> list[Any]:
        """Return what the handlers noted, once they noted `count` things."""
        wait_until(lambda: len(self.seen(session)) >= count, f"{count} handler runs")
        return self.seen(session)

    # ---- the AWS side ----------------------------------------------------------------------------

    def client(self, service: str) -> Any:
        return self.endpoint.client(service)

    def queue(self, name: str, tags: dict[str, str] | None = None, **attributes: str) -> str:
        """Create a queue and return its URL."""
        request = {"QueueName": name, "Attributes": attributes, "tags": tags or {}}
        return str(self.client("sqs").create_queue(**request)["QueueUrl"])

    def send(self, url: str, *bodies: str, **options: Any) -> None:
        for body in bodies:
            self.client("sqs").send_message(QueueUrl=url, MessageBody=body, **options)

    def queues(self) -> list[str]:
        urls = self.client("sqs").list_queues().get("QueueUrls", [])
        return sorted(url.rpartition("/")[2] for url in urls)

    def depth(self, url: str) -> int:
        """Return how many messages a queue holds, visible or not."""
        attributes = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return sum(
            int(value)
            for name, value in attributes["Attributes"].items()
            if name.startswith("ApproximateNumberOf")
        )


@pytest.fixture
def attached(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Iterator[Attached]:
    monkeypatch.chdir(tmp_path)  # attaching changes it; this puts it back
    monkeypatch.setattr(sys, "path", list(sys.path))
    with ExitStack() as stack:
        stack.callback(unload_project, tmp_path)
        yield Attached(tmp_path, stack)
