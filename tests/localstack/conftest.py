"""A real LocalStack with the app attached to it. Not part of a plain `pytest` run.

    make test-localstack            or: pytest tests/localstack

LocalStack 4.14 and DynamoDB Local are started from `.engines` (scripts/engines/engines.py install
localstack+dynamodb). LOCALSTACK_URL=http://127.0.0.1:4566 takes one that runs already instead,
with its own DynamoDB: `docker compose up --wait localstack`. When there is none, the tests fail.
"""

from __future__ import annotations

import json
import os
import shutil
import signal
import subprocess
import sys
import threading
import time
import urllib.request
from contextlib import ExitStack, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.attach.endpoint import endpoint_of
from chalice_offline.attach.session import AttachedSession, detach
from chalice_offline.chalice_app.app_module import unload_project
from simulators.server import RunningServer

from .answers import mocked

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

ROOT = Path(__file__).resolve().parents[2]
sys.path.insert(0, str(ROOT / "scripts" / "engines"))

WAIT_SECONDS = 90
LABEL = "order-middleware-local"
BUCKET = "order-middleware-local"
DYNAMODB = "AWS_ENDPOINT_URL_DYNAMODB"


def wait_until(condition: Callable[[], Any], what: str, seconds: float = WAIT_SECONDS) -> Any:
    """Return the first true value of `condition()`; fail after `seconds`."""
    pause, end = threading.Event(), time.monotonic() + seconds
    while True:
        value = condition()
        if value:
            return value
        if time.monotonic() > end:
            pytest.fail(f"waited {seconds} s for {what}, in vain")
        pause.wait(0.1)


class LocalStack:
    """Where LocalStack is, and clients for it made by localstack-client."""

    def __init__(self, url: str, dynamodb_url: str, monkeypatch: pytest.MonkeyPatch) -> None:
        self.url = url
        self.environment = {DYNAMODB: dynamodb_url} if dynamodb_url else {}
        monkeypatch.setenv("AWS_ENDPOINT_URL", url)  # where localstack-client looks first
        import localstack_client.session

        self._session: Any = localstack_client.session.Session()
        self._dynamodb_url = dynamodb_url

    def client(self, service: str) -> Any:
        """Return a boto3 client of this LocalStack, or of the DynamoDB beside it."""
        if service == "dynamodb" and self._dynamodb_url:
            import boto3

            return boto3.client(
                service,
                endpoint_url=self._dynamodb_url,
                region_name="us-east-1",
                aws_access_key_id="test",
                aws_secret_access_key="test",
            )
        return self._session.client(service)

    def queue_url(self, name: str) -> str:
        return str(self.client("sqs").get_queue_url(QueueName=name)["QueueUrl"])

    def queues(self) -> list[str]:
        urls = self.client("sqs").list_queues().get("QueueUrls", [])
        return sorted(url.rpartition("/")[2] for url in urls)

    def depth(self, name: str) -> int:
        """Return how many messages a queue holds, visible or not."""
        url = self.queue_url(name)
        reply = self.client("sqs").get_queue_attributes(QueueUrl=url, AttributeNames=["All"])
        return sum(
            int(value)
            for key, value in reply["Attributes"].items()
            if key.startswith("ApproximateNumberOf")
        )


@contextmanager
def own_engines(*names: str, **settings: str) -> Iterator[list[Any]]:
    """Run engines of .engines on free ports; EngineError with the log's end when one cannot."""
    from engines import engine, free_port

    with ExitStack() as stack:
        made = [engine(name, port=free_port(), environment=settings) for name in names]
        yield [stack.enter_context(one) for one in made]


@pytest.fixture(scope="session")
def monkeypatch_session() -> Iterator[pytest.MonkeyPatch]:
    with pytest.MonkeyPatch.context() as patch:
        yield patch


@pytest.fixture(scope="session")
def localstack(
    monkeypatch_session: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[LocalStack]:
    running = os.environ.get("LOCALSTACK_URL", "")
    if running:
        with urllib.request.urlopen(f"{running}/_localstack/health", timeout=10):
            pass
        yield LocalStack(running, "", monkeypatch_session)
        return
    answers = tmp_path_factory.mktemp("answers") / "functions.json"
    answers.write_text(json.dumps(mocked()))
    settings = {"SFN_MOCK_CONFIG": str(answers), "JSONATA_IN_PYTHON": "1"}
    with own_engines("localstack", "dynamodb", **settings) as (stack, tables):
        yield LocalStack(stack.url, tables.url, monkeypatch_session)


class Pipeline:
    """The order middleware attached to LocalStack, its vendors on real HTTP around it."""

    def __init__(
        self, localstack: LocalStack, vendors: RunningServer, session: AttachedSession
    ) -> None:
        self.localstack = localstack
        self.vendors = vendors
        self.world = vendors.world
        self.session = session

    def invocations(self, handler: str) -> int:
        """Return how often a handler ran."""
        count = self.session.counts().get(handler)
        return count.invocations if count else 0

    def decisions(self) -> dict[str, str]:
        """Return what each partner was told, by order."""
        both = [*self.world.uber.decisions(), *self.world.doordash.decisions()]
        return {decision.order_id: decision.decision for decision in both}

    def tickets(self) -> list[str]:
        """Return the partner's order id of every ticket."""
        return [(t.reference_id or "").partition("-")[2] for t in self.world.square.tickets()]


def project_copy(folder: Path, app_url: str, vendors_url: str) -> Path:
    """Copy the project with a "local" stage that knows the ports of this run."""
    shutil.copy(ROOT / "app.py", folder)
    shutil.copytree(ROOT / "chalicelib", folder / "chalicelib")
    shutil.copytree(ROOT / ".chalice", folder / ".chalice")
    path = folder / ".chalice" / "config.json"
    text = path.read_text().replace("http://127.0.0.1:9001", vendors_url)
    path.write_text(text.replace("http://127.0.0.1:8000", app_url))
    # LocalStack's open edition has no SES v2, which CloudFormation makes identities with.
    path = folder / ".chalice" / "resources.json"
    template = json.loads(path.read_text())
    resources = template["Resources"].items()
    kept = {name: one for name, one in resources if one["Type"] != "AWS::SES::EmailIdentity"}
    path.write_text(json.dumps({**template, "Resources": kept}))
    return folder


@pytest.fixture(scope="session")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[tuple[Path, RunningServer, int]]:
    """The project's copy, its vendors, and the port on which they expect the app."""
    from engines import free_port

    port = free_port()
    app_url = f"http://127.0.0.1:{port}"
    with RunningServer(port=0, app_url=app_url) as vendors:
        yield project_copy(tmp_path_factory.mktemp("project"), app_url, vendors.url), vendors, port


@pytest.fixture(scope="session")
def pipeline(
    localstack: LocalStack, project: tuple[Path, RunningServer, int]
) -> Iterator[Pipeline]:
    """Everything provisioned, attached and with its menus imported."""
    folder, vendors, port = project
    told: list[str] = []
    endpoint = endpoint_of(localstack.url, localstack.environment, {})
    before = Path.cwd()
    session = AttachedSession(folder, "local", endpoint, port=port, tell=told.append)
    try:
        session.prepare()
        session.provision()
        session.start()
        made = Pipeline(localstack, vendors, session)
        upload_menus(made)
        yield made
    finally:
        session.stop()
        os.chdir(before)
        unload_project(folder)
        if localstack.environment == {}:  # a LocalStack that outlives us
            detach(endpoint, LABEL, told.append)


def upload_menus(pipeline: Pipeline) -> None:
    """Import every store's menu, as an operator does: by uploading files."""
    s3 = pipeline.localstack.client("s3")
    for store_id, menu in pipeline.world.generator.menu_files().items():
        s3.put_object(Bucket=BUCKET, Key=f"menus/{store_id}.json", Body=json.dumps(menu).encode())


class Command:
    """`chalice-offline local …` as a process of its own."""

    def __init__(self, folder: Path, *arguments: str, **variables: str) -> None:
        kept = {name: value for name, value in os.environ.items() if not name.startswith("AWS_")}
        self._log = (folder / "command.log").open("w+b")
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chalice_offline", "local", *arguments],
            cwd=folder,
            env=kept | {"PYTHONPATH": str(ROOT / "src"), "PYTHONUNBUFFERED": "1"} | variables,
            stdout=self._log,
            stderr=subprocess.STDOUT,
        )

    def output(self) -> str:
        """Return everything it printed so far."""
        return Path(self._log.name).read_text()

    def wait_for(self, text: str) -> None:
        """Wait until it printed `text`; fail with its output when it ended before."""

        def printed() -> bool:
            if text not in self.output() and self.process.poll() is not None:
                pytest.fail(f"it ended with {self.process.returncode}:\n{self.output()}")
            return text in self.output()

        wait_until(printed, f"{text!r} in the output")

    def end(self, number: int = signal.SIGINT) -> int:
        """Send a signal and return the exit status."""
        self.process.send_signal(number)
        return self.process.wait(timeout=WAIT_SECONDS)

    def close(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait()
        self._log.close()


@pytest.fixture
def command(tmp_path: Path) -> Iterator[Callable[..., Command]]:
    """`command(folder, "--endpoint", url)` starts it; it is ended with the test."""
    started: list[Command] = []

    def start(folder: Path, *arguments: str, **variables: str) -> Command:
        started.append(Command(folder, *arguments, **variables))
        return started[-1]

    yield start
    for one in started:
        one.close()
