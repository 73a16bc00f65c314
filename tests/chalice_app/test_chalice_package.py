"""`chalice package` and `aws cloudformation deploy`, as processes of their own, deploy an app."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import urllib.request
from pathlib import Path
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from websockets.sync.client import connect

from chalice_offline.live_session import AwsSession

if TYPE_CHECKING:
    from collections.abc import Iterator

    from tests.chalice_app.conftest import Projects

BIN = Path(sys.executable).parent
CODE = """
import json
import os
import boto3
from chalice import Rate

@app.route("/greet/{name}")
def greet(name):
    return {"hello": name}

@app.on_sqs_message(queue="jobs")
def work(event):
    for record in event:
        keep(record.body)

@app.on_sns_message(topic="news")
def hear(event):
    keep(event.message)

@app.schedule(Rate(1, unit=Rate.HOURS))
def tick(event):
    keep("tick")

app.experimental_feature_flags.add("WEBSOCKETS")
app.websocket_api.session = boto3.session.Session()

@app.on_ws_connect()
def connect(event):
    keep("connected")

@app.on_ws_message()
def message(event):
    keep(event.body)

@app.lambda_function()
def plain(event, context):
    return event

def keep(text):
    boto3.client("s3").put_object(Bucket="kept", Key=text, Body=b"")
"""


class Account:
    """An AWS endpoint, and the deployer's programs that talk to it."""

    def __init__(self, session: AwsSession, directory: Path) -> None:
        self.directory = directory
        self.endpoint = session.aws_server.url
        place = {"AWS_DEFAULT_REGION": "us-east-1", "AWS_REGION": "us-east-1"}
        self.settings = {
            "AWS_ENDPOINT_URL": self.endpoint,
            "AWS_ACCESS_KEY_ID": "test",
            "AWS_SECRET_ACCESS_KEY": "test",
            **place,
        }

    def client(self, service: str) -> Any:
        make: Any = boto3.client
        return make(
            service,
            endpoint_url=self.endpoint,
            region_name="us-east-1",
            aws_access_key_id="test",
            aws_secret_access_key="test",
        )

    def run(self, program: str, *arguments: str) -> None:
        done = self._done(program, *arguments)
        assert done.returncode == 0, f"{program} {arguments}: {done.stdout}{done.stderr}"

    def fails(self, program: str, *arguments: str) -> str:
        """Run a program that ends in an error; return what it says of it."""
        done = self._done(program, *arguments)
        assert done.returncode != 0
        return " ".join(done.stderr.split())

    def _done(self, program: str, *arguments: str) -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [str(BIN / program), *arguments],
            cwd=self.directory,
            env={**os.environ, **self.settings},
            capture_output=True,
            text=True,
            check=False,
        )

    def deploy(self) -> dict[str, str]:
        """Package and deploy; return the stack's outputs."""
        self.run("chalice", "package", "--stage", "dev", "out")
        template = ("--template-file", "out/sam.json", "--s3-bucket", "packages")
        self.run(
            "aws", "cloudformation", "package", *template, "--output-template-file", "out/there.yml"
        )
        self.run(
            "aws", "cloudformation", "deploy", "--template-file", "out/there.yml",
            "--stack-name", "demo", "--capabilities", "CAPABILITY_IAM",
        )  # fmt: skip
        (stack,) = self.client("cloudformation").describe_stacks(StackName="demo")["Stacks"]
        return {one["OutputKey"]: one["OutputValue"] for one in stack["Outputs"]}

    def get(self, path: str) -> Any:
        api = self.client("apigateway").get_rest_apis()["items"][0]["id"]
        url = f"{self.endpoint}/_aws/execute-api/{api}/api{path}"
        with urllib.request.urlopen(url, timeout=30) as reply:
            return json.loads(reply.read())

    def socket(self) -> Any:
        api = self.client("apigatewayv2").get_apis()["Items"][0]["ApiId"]
        return connect(f"{self.endpoint.replace('http', 'ws')}/_aws/execute-api/{api}/api")

    def heard(self, *keys: str) -> None:
        """Wait for what the handlers keep."""
        for key in keys:
            self.client("s3").get_waiter("object_exists").wait(
                Bucket="kept", Key=key, WaiterConfig={"Delay": 1, "MaxAttempts": 20}
            )


@pytest.fixture
def account(projects: Projects) -> Iterator[Account]:
    pytest.importorskip("samtranslator")
    directory = projects.write(CODE)
    (directory / "requirements.txt").write_text("")
    session = AwsSession(port=0)
    session.start()
    try:
        made = Account(session, directory)
        for bucket in ("packages", "kept"):
            made.client("s3").create_bucket(Bucket=bucket)
        yield made
    finally:
        session.stop()


def test_packaged_app_runs_changes_and_leaves_nothing(account: Account) -> None:
    """Routes answer and handlers hear; a second deployment changes the code; delete clears all."""
    queue = account.client("sqs").create_queue(
        QueueName="jobs", Attributes={"VisibilityTimeout": "60"}
    )["QueueUrl"]
    topic = account.client("sns").create_topic(Name="news")["TopicArn"]
    outputs = account.deploy()
    assert outputs["EndpointURL"].startswith("https://")
    assert account.get("/greet/ada") == {"hello": "ada"}
    account.client("sqs").send_message(QueueUrl=queue, MessageBody="from-a-queue")
    account.client("sns").publish(TopicArn=topic, Message="from-a-topic")
    with account.socket() as socket:
        socket.send("from-a-socket")
        account.heard("connected", "from-a-socket")
    account.heard("from-a-queue", "from-a-topic")
    app = account.directory / "app.py"
    app.write_text(app.read_text().replace('{"hello": name}', '{"bye": name}'))
    account.deploy()
    assert account.get("/greet/ada") == {"bye": "ada"}
    account.run("aws", "cloudformation", "delete-stack", "--stack-name", "demo")
    account.run("aws", "cloudformation", "wait", "stack-delete-complete", "--stack-name", "demo")
    assert account.client("lambda").list_functions()["Functions"] == []
    assert account.client("apigateway").get_rest_apis()["items"] == []
    assert account.client("apigatewayv2").get_apis()["Items"] == []
    assert account.client("iam").list_roles()["Roles"] == []
    assert account.client("lambda").list_event_source_mappings()["EventSourceMappings"] == []
    assert account.client("events").list_rules()["Rules"] == []


def test_failed_deployment_says_what_it_leaves_behind(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    """Chalice forgets it; deploying again finds all but an API."""
    said = account.fails("chalice", "deploy")
    assert "The specified queue does not exist." in said
    (told,) = [one for one in caplog.messages if "leaves behind" in one]
    assert "chalice was refused lambda:CreateEventSourceMapping (400)" in told
    made = "role demo-dev, function demo-dev-plain, function demo-dev-work"
    assert f"what it does not remember: {made}." in told
    account.client("sqs").create_queue(QueueName="jobs", Attributes={"VisibilityTimeout": "60"})
    account.client("sns").create_topic(Name="news")
    account.run("chalice", "deploy")
    account.run("chalice", "delete")
    assert account.client("lambda").list_functions()["Functions"] == []
    assert account.client("iam").list_roles()["Roles"] == []


def test_package_that_is_too_large_is_refused_as_on_aws(
    account: Account, caplog: pytest.LogCaptureFixture
) -> None:
    """Before its content is taken; what it leaves behind is said as well."""
    (account.directory / "chalicelib").mkdir(exist_ok=True)
    (account.directory / "chalicelib/noise.bin").write_bytes(os.urandom(55_000_000))
    said = account.fails("chalice", "deploy")
    assert "RequestEntityTooLargeException" in said
    assert "Request must be smaller than" in said
    (told,) = [one for one in caplog.messages if "leaves behind" in one]
    assert told.startswith("chalice was refused lambda:CreateFunction (413)")
    assert "role demo-dev." in told
