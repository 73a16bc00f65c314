"""A small project in a live session, and commands that are run against it."""

from __future__ import annotations

import json
import tempfile
import threading
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from click.testing import CliRunner

from chalice_offline.cli import main
from chalice_offline.live_session import AppSession

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from click.testing import Result

# Handlers log and do not print: standard output is here also that of the commands.
APP = """
import json
import logging
import boto3
from chalice import Chalice, Rate

app = Chalice(app_name="shop")

@app.route("/orders/{number}")
def order(number):
    return {"order": number}

@app.on_sqs_message(queue="orders", name="cook")
def cook(event):
    for record in event:
        dish = json.loads(record.body)["dish"]
        logging.warning("cooking %s", dish)
        if dish == "fugu":
            raise ValueError("no licence for fugu")

@app.on_sns_message(topic="news", name="read_news")
def read_news(event):
    logging.warning("%s", event.message)

@app.on_s3_event(bucket="menus", name="import_menu")
def import_menu(event):
    logging.warning("menu %s", event.key)

@app.on_cw_event({"source": ["shop"]}, name="on_shop")
def on_shop(event):
    logging.warning("%s", event.detail)

@app.schedule(Rate(1, unit=Rate.HOURS), name="hourly")
def hourly(event):
    logging.warning("tick %s", event.source)

@app.lambda_function(name="echo")
def echo(event, context):
    if event.get("fail"):
        raise KeyError("asked to fail")
    return event
"""
TEMPLATE = {
    "Resources": {
        "Letters": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "letters"}},
        "Orders": {
            "Type": "AWS::SQS::Queue",
            "Properties": {
                "QueueName": "orders",
                "VisibilityTimeout": 60,
                "RedrivePolicy": {
                    "deadLetterTargetArn": {"Fn::GetAtt": ["Letters", "Arn"]},
                    "maxReceiveCount": 2,
                },
            },
        },
        "Waiting": {"Type": "AWS::SQS::Queue", "Properties": {"QueueName": "waiting"}},
        "News": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news"}},
        "Menus": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "menus"}},
        "Steps": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "steps", "ShardCount": 1}},
        "Dishes": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "dishes",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        },
    }
}
WAIT_SECONDS = 20


def write_project(directory: Path, code: str = APP) -> None:
    """Write the project."""
    chalice = directory / ".chalice"
    chalice.mkdir(exist_ok=True)
    config = {"version": "2.0", "app_name": "shop", "stages": {"dev": {"lambda_timeout": 5}}}
    (chalice / "config.json").write_text(json.dumps(config))
    (chalice / "resources.json").write_text(json.dumps(TEMPLATE))
    (directory / "app.py").write_text(code)


def wait_until(condition: Callable[[], Any], what: str) -> Any:
    """Return the first true value of `condition()`."""
    pause = threading.Event()
    for _ in range(WAIT_SECONDS * 50):
        value = condition()
        if value:
            return value
        pause.wait(0.02)
    pytest.fail(f"waited {WAIT_SECONDS} s for {what}, in vain")


def run_command(*arguments: str, stdin: str = "") -> Result:
    """Run `chalice-offline` with these arguments."""
    return CliRunner().invoke(main, arguments, input=stdin, prog_name="chalice-offline")


class Shop:
    """The project, running, and commands for it."""

    def __init__(self, directory: Path, session: AppSession) -> None:
        self.directory = directory
        self.session = session

    @property
    def url(self) -> str:
        return self.session.aws.aws_server.url

    def client(self, service: str) -> Any:
        """Return a boto3 client of the session."""
        return boto3.client(service, endpoint_url=self.url)

    def run(self, *arguments: str, stdin: str = "") -> Result:
        """Run a command for this session."""
        return run_command(*arguments, "--endpoint", self.url, stdin=stdin)

    def says(self, *arguments: str, stdin: str = "") -> str:
        """Return what a command writes; it must succeed."""
        result = self.run(*arguments, stdin=stdin)
        assert result.exit_code == 0, result.output
        return result.stdout

    def json(self, *arguments: str, stdin: str = "") -> Any:
        """Return what it answers in JSON."""
        return json.loads(self.says(*arguments, "--json", stdin=stdin))

    def refused(self, *arguments: str, stdin: str = "") -> str:
        """Return the one sentence with which a command is refused."""
        result = self.run(*arguments, stdin=stdin)
        assert (result.exit_code, result.stdout) == (2, ""), result.output
        (sentence,) = result.stderr.splitlines()
        return sentence

    def ended_runs(self, function: str = "", count: int = 1) -> Any:
        """Return the runs that have ended, once there are so many."""

        def ended() -> Any:
            arguments = ("--function", function) if function else ()
            found = [run for run in self.json("runs", *arguments) if run["ended_ms"] is not None]
            return found if len(found) >= count else None

        return wait_until(ended, f"{count} runs of {function or 'anything'}")


@pytest.fixture(autouse=True)
def notes(monkeypatch: pytest.MonkeyPatch, tmp_path_factory: pytest.TempPathFactory) -> None:
    """Sessions leave their notes where no session of this user's is found, or reset."""
    folder = str(tmp_path_factory.mktemp("notes"))
    monkeypatch.setattr(tempfile, "tempdir", folder)
    monkeypatch.setenv("TMPDIR", folder)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    """The project in a live session."""
    write_project(tmp_path)
    session = AppSession(tmp_path, "dev", port=0, aws_port=0)
    session.start()
    try:
        yield Shop(tmp_path, session)
    finally:
        session.stop()
