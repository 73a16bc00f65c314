"""A small project in virtual time, and its console's doors."""

from __future__ import annotations

import json
import textwrap
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.console.api import Console
from chalice_offline.console.session import Session
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.core.pending import Pending
from chalice_offline.services.lambda_ import LambdaState
from chalice_offline.testing import Offline
from chalice_offline.testing.project_code import ProjectCode
from chalice_offline.transports.gateway import Gateway

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

APP = """
import json
import boto3
from chalice import Chalice, Rate

app = Chalice(app_name="shop")

@app.route("/orders", methods=["POST"])
def order():
    boto3.client("sqs").send_message(
        QueueUrl=boto3.client("sqs").get_queue_url(QueueName="orders")["QueueUrl"],
        MessageBody=json.dumps(app.current_request.json_body))
    return {"taken": True}

@app.on_sqs_message(queue="orders", name="cook")
def cook(event):
    for record in event:
        dish = json.loads(record.body)["dish"]
        print("cooking", dish)
        if dish == "fugu":
            raise ValueError("no licence for fugu, key=sk_live_0123456789abcdef")

@app.on_sns_message(topic="news", name="read_news")
def read_news(event):
    print(event.message)

@app.on_cw_event({"source": ["shop"]}, name="on_shop")
def on_shop(event):
    pass

@app.schedule(Rate(1, unit=Rate.HOURS), name="hourly")
def hourly(event):
    print("tick")

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
        "News": {"Type": "AWS::SNS::Topic", "Properties": {"TopicName": "news"}},
        "Menus": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "menus"}},
        "Dishes": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "dishes",
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "BillingMode": "PAY_PER_REQUEST",
            },
        },
        "Baking": {
            "Type": "AWS::StepFunctions::StateMachine",
            "Properties": {
                "StateMachineName": "baking",
                "RoleArn": "arn:aws:iam::000000000000:role/r",
                "Definition": {
                    "StartAt": "Knead",
                    "States": {
                        "Knead": {"Type": "Pass", "Next": "Rest"},
                        "Rest": {"Type": "Wait", "Seconds": 600, "Next": "Hot"},
                        "Hot": {
                            "Type": "Choice",
                            "Choices": [
                                {"Variable": "$.hot", "BooleanEquals": True, "Next": "Bake"}
                            ],
                            "Default": "Cold",
                        },
                        "Bake": {"Type": "Pass", "End": True},
                        "Cold": {"Type": "Fail", "Error": "Cold", "Cause": "the oven is cold"},
                    },
                },
            },
        },
        "Steps": {
            "Type": "AWS::Kinesis::Stream",
            "Properties": {"Name": "steps", "ShardCount": 1},
        },
    }
}


class Time:
    """Lets time pass in the test's own thread."""

    def __init__(self, offline: Offline) -> None:
        self._offline = offline

    def advance(self, milliseconds: int) -> Pending[Any]:
        self._offline.advance(milliseconds=milliseconds, raise_errors=False)
        return _done()

    def leave(self) -> None: ...

    def settle(self) -> Pending[Any]:
        self._offline.settle(raise_errors=False)
        return _done()


def _done() -> Pending[Any]:
    done: Pending[Any] = Pending()
    done.resolve(None)
    return done


class Shop:
    """The project, running, and its console."""

    def __init__(self, directory: Path, code: str = APP) -> None:
        chalice = directory / ".chalice"
        chalice.mkdir()
        config = {"version": "2.0", "app_name": "shop", "stages": {"dev": {}}}
        (chalice / "config.json").write_text(json.dumps(config))
        (chalice / "resources.json").write_text(json.dumps(TEMPLATE))
        (directory / "app.py").write_text(textwrap.dedent(code))
        ProjectCode.forget(directory)
        self.directory = directory
        self.offline = Offline(directory, stage="dev", region="us-east-1").start()
        emulator = self.offline.emulator
        lambda_ = emulator.registry.state("lambda", LambdaState)
        self.session = Session(
            emulator,
            lambda_,
            about=self.offline.app.about,
            short_names=self.offline.app.short_names,
            time=Time(self.offline),
        )
        self.gateway = Gateway(emulator)
        self.console = Console(self.session)
        self.console.serve_on(self.gateway)

    def get(self, path: str) -> Any:
        """Ask a door; fails unless it answers well."""
        return self._good(self.send("GET", path))

    def post(self, path: str, body: Any = None) -> Any:
        """Have a door do something; fails unless it answers well."""
        return self._good(self.send("POST", path, {} if body is None else body))

    def refused(self, method: str, path: str, body: Any = None) -> tuple[int, str]:
        """Return status and sentence of a refusal."""
        reply = self.send(method, path, body)
        assert 400 <= reply.status < 500, reply.body
        return reply.status, json.loads(reply.body)["error"]

    def page(self, path: str) -> str:
        """Return a page of the console that is no door of its API."""
        url = f"http://localhost:4566/_chalice_offline/{path}"
        reply = self.gateway.handle(HttpRequest("GET", url, Headers([])))
        assert isinstance(reply, HttpResponse)
        assert reply.status == 200, reply.body
        return reply.body.decode()

    def send(self, method: str, path: str, body: Any = None, **headers: str) -> HttpResponse:
        """Send a request to a door and wait for its answer."""
        return self.send_text(method, path, "" if body is None else json.dumps(body), **headers)

    def send_text(self, method: str, path: str, body: str, **headers: str) -> HttpResponse:
        """Send a request with a body of one's own spelling."""
        fields = Headers([("content-type", "application/json"), *headers.items()])
        url = f"http://localhost:4566/_chalice_offline/api/{path}"
        payload = body.encode()
        reply = self.gateway.handle(HttpRequest(method, url, fields, payload))
        if isinstance(reply, Pending):
            self.offline.emulator.driver.wait(reply)
            return reply.result()
        return reply

    def order(self, dish: str) -> None:
        """Order a dish over HTTP, and let everything happen."""
        assert self.offline.http.post("/orders", json={"dish": dish}).status_code == 200
        self.offline.settle(raise_errors=False)

    @staticmethod
    def _good(reply: HttpResponse) -> Any:
        assert reply.status == 200, reply.body
        return json.loads(reply.body, parse_constant=_not_for_browsers)


def _not_for_browsers(word: str) -> None:
    raise AssertionError(word)


@pytest.fixture
def shop(tmp_path: Path) -> Iterator[Shop]:
    made = Shop(tmp_path)
    yield made
    made.offline.stop()


@pytest.fixture
def begin_shop(tmp_path: Path) -> Iterator[Callable[[str], Shop]]:
    """Begin a shop with an app.py of one's own."""
    begun: list[Shop] = []

    def begin(code: str) -> Shop:
        begun.append(Shop(tmp_path, code))
        return begun[-1]

    yield begin
    for made in begun:
        made.offline.stop()
