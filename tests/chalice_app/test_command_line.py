"""`chalice-offline local` and `aws` as a user runs them: processes, ports, signals, edits."""

from __future__ import annotations

import contextlib
import json
import os
import queue
import signal
import socket
import subprocess
import sys
import threading
import time
import urllib.error
import urllib.request
from typing import TYPE_CHECKING, Any

import boto3
import pytest
from botocore.config import Config

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

PATIENCE_SECONDS = 60
RELOAD_SECONDS = 15  # it takes about a third of one; machines that run tests are busy
END_SECONDS = 15  # as above; handlers that are not waited for sleep for minutes

CODE = """
import time
import boto3

@app.route("/")
def index():
    return {"version": "one"}

@app.route("/send", methods=["POST"], content_types=["text/plain"])
def send():
    sqs = boto3.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody=app.current_request.raw_body.decode())
    return {}

@app.on_sqs_message("jobs", batch_size=1)
def work(event):
    for record in event:
        print("one handled", record.body, flush=True)
        if record.body == "slow":
            time.sleep(600)

@app.on_sqs_message("later", batch_size=100, maximum_batching_window_in_seconds=300)
def later(event):
    print("later", len(list(event)), flush=True)
"""


class Program:
    """A running `python -m chalice_offline …` and what it has printed."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        environment = {
            name: value for name, value in os.environ.items() if not name.startswith("AWS_")
        } | {"PYTHONUNBUFFERED": "1"}
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chalice_offline", *arguments],
            cwd=directory,
            env=environment,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.printed: list[str] = []
        self._lines: queue.SimpleQueue[str] = queue.SimpleQueue()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        with self.process.stdout as output:
            for line in output:
                self._lines.put(line.rstrip("\n"))
        self._lines.put("")

    def wait_for(self, text: str) -> str:
        """Return the next line that holds `text`."""
        while True:
            line = self._lines.get(timeout=PATIENCE_SECONDS)
            self.printed.append(line)
            if text in line:
                return line
            if not line and self.process.poll() is not None:
                raise AssertionError(f"{text!r} was not printed: {self.printed}")

    def interrupt(self, number: int = signal.SIGINT) -> float:
        """Send a signal; return how many seconds the program took to end."""
        started = time.perf_counter()
        self.process.send_signal(number)
        self.process.wait(PATIENCE_SECONDS)
        return time.perf_counter() - started

    def end(self) -> None:
        if self.process.poll() is None:
            self.process.kill()
            self.process.wait(PATIENCE_SECONDS)
        self._reader.join(PATIENCE_SECONDS)


class Local(Program):
    """`chalice-offline local` on two free ports."""

    def __init__(self, directory: Path, *arguments: str) -> None:
        self.port, self.aws_port = free_ports(2)
        ports = ("--port", str(self.port), "--aws-port", str(self.aws_port))
        super().__init__(directory, "local", *ports, *arguments)

    def get(self, path: str) -> Any:
        with urllib.request.urlopen(f"http://127.0.0.1:{self.port}{path}", timeout=30) as reply:
            return json.loads(reply.read())

    def send(self, body: str) -> None:
        request = urllib.request.Request(
            f"http://127.0.0.1:{self.port}/send",
            data=body.encode(),
            headers={"Content-Type": "text/plain"},
        )
        urllib.request.urlopen(request, timeout=30).read()

    def client(self, service: str) -> Any:
        return client_at(self.aws_port, service)


def free_ports(count: int) -> list[int]:
    sockets = [socket.create_server(("127.0.0.1", 0)) for _ in range(count)]
    ports = [int(listener.getsockname()[1]) for listener in sockets]
    for listener in sockets:
        listener.close()
    return ports


def client_at(port: int, service: str) -> Any:
    return boto3.session.Session().client(
        service,
        endpoint_url=f"http://127.0.0.1:{port}",
        region_name="us-east-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
        config=Config(retries={"max_attempts": 0}),
    )


@pytest.fixture
def start() -> Iterator[Callable[[Program], Any]]:
    """Keep programs and end them, whatever the test does."""
    programs: list[Program] = []

    def keep(program: Program) -> Program:
        programs.append(program)
        return program

    yield keep
    for program in programs:
        program.end()


def test_local_serves_prints_and_ends_cleanly(start: Any, projects: Any) -> None:
    """Routes, handlers and the AWS endpoint work; the bindings are printed; Ctrl-C ends it."""
    program = start(Local(projects.write(CODE)))
    program.wait_for("Ctrl-C ends it")
    page = "\n".join(program.printed)
    assert f"app           http://127.0.0.1:{program.port}" in page
    assert f"AWS endpoint  http://127.0.0.1:{program.aws_port}" in page
    assert f"console       http://127.0.0.1:{program.aws_port}/_chalice_offline/" in page
    assert "GET /" in page
    assert "work   <- queue jobs" in page
    assert program.get("/") == {"version": "one"}
    program.send("hello")
    program.wait_for("one handled hello")
    sqs = program.client("sqs")
    url = sqs.get_queue_url(QueueName="jobs")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="from outside")
    program.wait_for("one handled from outside")
    assert program.interrupt() < END_SECONDS
    assert program.process.returncode == 0


def test_ctrl_c_does_not_wait_for_handlers(start: Any, projects: Any) -> None:
    """A handler that sleeps for minutes does not keep the program."""
    program = start(Local(projects.write(CODE), "--no-autoreload"))
    program.wait_for("Ctrl-C ends it")
    program.send("slow")
    program.wait_for("one handled slow")
    assert program.interrupt(signal.SIGTERM) < END_SECONDS
    assert program.process.returncode == 0


def test_edit_reloads_and_keeps_what_queues_hold(start: Any, projects: Any) -> None:
    """New code is live within a second; waiting messages wait on; bad code changes nothing."""
    directory = projects.write(CODE)
    program = start(Local(directory))
    program.wait_for("Ctrl-C ends it")
    sqs = program.client("sqs")
    url = sqs.get_queue_url(QueueName="later")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="waits for its window")
    names = ["ApproximateNumberOfMessages", "ApproximateNumberOfMessagesNotVisible"]

    def held() -> list[str]:
        found = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=names)["Attributes"]
        return [found[name] for name in names]

    before = held()
    code = (directory / "app.py").read_text()
    edited = time.perf_counter()
    (directory / "app.py").write_text(code.replace("one", "two"))
    program.wait_for("app.py changed: reloaded")
    assert time.perf_counter() - edited < RELOAD_SECONDS
    assert program.get("/") == {"version": "two"}
    program.send("again")
    program.wait_for("two handled again")
    assert held() == before

    (directory / "app.py").write_text("def broken(:\n")
    line = program.wait_for("the code before goes on running")
    assert "app.py, line 1" in line
    assert program.get("/") == {"version": "two"}

    (directory / "app.py").write_text(code.replace("one", "six"))
    program.wait_for("app.py changed: reloaded")
    assert program.get("/") == {"version": "six"}


def test_new_binding_that_cannot_work_keeps_the_old_ones(start: Any, projects: Any) -> None:
    """A reload whose binding AWS would refuse leaves every binding as it was."""
    directory = projects.write(CODE)
    program = start(Local(directory))
    program.wait_for("Ctrl-C ends it")
    code = (directory / "app.py").read_text()
    broken = '\n@app.schedule("every now and then")\ndef tick(event):\n    pass\n'
    (directory / "app.py").write_text(code.replace("one", "two") + broken)
    program.wait_for("handler tick: ")
    program.send("hello")
    program.wait_for("one handled hello")
    assert program.get("/") == {"version": "one"}


@pytest.mark.parametrize("option", ["--port", "--aws-port"])
def test_taken_port_is_one_sentence(start: Any, projects: Any, option: str) -> None:
    """Exit code 2, and a sentence that names the address."""
    directory = projects.write(CODE)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        other = "--aws-port" if option == "--port" else "--port"
        program = start(
            Program(directory, "local", option, str(port), other, str(free_ports(1)[0]))
        )
        program.wait_for(f"chalice-offline: cannot listen on 127.0.0.1:{port}: ")
        assert program.process.wait(PATIENCE_SECONDS) == 2
    assert "Traceback" not in "\n".join(program.printed)


def test_usual_port_that_is_taken_gives_way(start: Any, projects: Any) -> None:
    """Nobody asked for 8000 or 4566, so free ports do, and the banner says why."""
    directory = projects.write(CODE)
    with held(8000), held(4566):
        program = start(Program(directory, "local"))
        program.wait_for("Ctrl-C ends it")
    page = "\n".join(program.printed)
    assert " (8000 is taken)" in page
    assert " (4566 is taken)" in page
    [url] = [line.split()[1] for line in program.printed if "(8000 is taken)" in line]
    with urllib.request.urlopen(url, timeout=30) as reply:
        assert json.loads(reply.read()) == {"version": "one"}
    assert program.interrupt() < END_SECONDS
    assert "Traceback" not in "\n".join(program.printed)


def held(port: int) -> Any:
    """Listen on a port, unless somebody does already."""
    try:
        return socket.create_server(("127.0.0.1", port))
    except OSError:
        return contextlib.nullcontext()


def test_variables_and_region_of_the_command_line(start: Any, projects: Any) -> None:
    """`--env` goes over config.json; `--region` over the shell's."""
    code = """
print("imported with", os.environ["TABLE"], os.environ["AWS_REGION"], flush=True)

@app.lambda_function()
def seen(event, context):
    return [os.environ["TABLE"], context.invoked_function_arn]
"""
    config = {"environment_variables": {"TABLE": "of-config"}}
    directory = projects.write(code, config=config)
    options = ("--env", "TABLE=of-shell=x", "--region", "eu-west-1", "--no-autoreload")
    program = start(Local(directory, *options))
    program.wait_for("imported with of-shell=x eu-west-1")
    program.wait_for("Ctrl-C ends it")
    lambda_ = boto3.session.Session().client(
        "lambda",
        endpoint_url=f"http://127.0.0.1:{program.aws_port}",
        region_name="eu-west-1",
        aws_access_key_id="test",
        aws_secret_access_key="test",
    )
    reply = lambda_.invoke(FunctionName="demo-dev-seen")
    arn = "arn:aws:lambda:eu-west-1:000000000000:function:demo-dev-seen"
    assert json.loads(reply["Payload"].read()) == ["of-shell=x", arn]


def test_folder_that_is_no_project_is_one_sentence(start: Any, tmp_path: Path) -> None:
    """Exit code 2 and the file that is missing."""
    program = start(Local(tmp_path))
    program.wait_for("there is no ")
    assert program.process.wait(PATIENCE_SECONDS) == 2
    assert "config.json; a Chalice project has one" in program.printed[-1]


def test_aws_endpoint_alone(start: Any, tmp_path: Path) -> None:
    """`chalice-offline aws` answers boto3 and the health page, and ends cleanly."""
    [port] = free_ports(1)
    program = start(Program(tmp_path, "aws", "--port", str(port)))
    program.wait_for(f"http://127.0.0.1:{port}")
    health = f"http://127.0.0.1:{port}/_localstack/health"
    with urllib.request.urlopen(health, timeout=30) as reply:
        assert json.loads(reply.read())["services"]["sqs"] == "running"
    assert "QueueUrls" not in client_at(port, "sqs").list_queues()
    assert program.interrupt() < END_SECONDS
    assert program.process.returncode == 0


DECLARED = {
    "Resources": {
        "Orders": {
            "Type": "AWS::DynamoDB::Table",
            "Properties": {
                "TableName": "orders",
                "BillingMode": "PAY_PER_REQUEST",
                "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
            },
        },
        "Tickets": {"Type": "AWS::S3::Bucket", "Properties": {"BucketName": "tickets"}},
        "Clicks": {"Type": "AWS::Kinesis::Stream", "Properties": {"Name": "clicks"}},
        "Jobs": {
            "Type": "AWS::SQS::Queue",
            "Properties": {"QueueName": "jobs", "VisibilityTimeout": 120},
        },
    }
}


def test_data_in_a_file_outlives_even_a_kill(start: Any, projects: Any) -> None:
    """The next run finds tables, objects and streams, and its template finds them its own."""
    directory = projects.write(CODE, resources=DECLARED)
    program = start(Local(directory, "--data", "state/here.db"))
    program.wait_for("Ctrl-C ends it")
    program.client("dynamodb").put_item(TableName="orders", Item={"id": {"S": "a"}})
    large = os.urandom(3_000_000)
    for key, body in (("small", b"one"), ("large", large)):
        program.client("s3").put_object(Bucket="tickets", Key=key, Body=body)
    program.client("kinesis").put_record(StreamName="clicks", Data=b"click", PartitionKey="a")
    program.process.kill()
    program.process.wait(PATIENCE_SECONDS)

    program = start(Local(directory, "--data", "state/here.db"))
    program.wait_for("Ctrl-C ends it")
    item = program.client("dynamodb").get_item(TableName="orders", Key={"id": {"S": "a"}})
    assert item["Item"] == {"id": {"S": "a"}}
    s3 = program.client("s3")
    for key, body in (("small", b"one"), ("large", large)):
        assert s3.get_object(Bucket="tickets", Key=key)["Body"].read() == body
    kinesis = program.client("kinesis")
    iterator = kinesis.get_shard_iterator(
        StreamName="clicks", ShardId="shardId-000000000000", ShardIteratorType="TRIM_HORIZON"
    )["ShardIterator"]
    [record] = kinesis.get_records(ShardIterator=iterator)["Records"]
    assert record["Data"] == b"click"


def test_data_that_cannot_be_used_is_one_sentence(start: Any, tmp_path: Path) -> None:
    """A file that is not ours ends the start, and is left as it was."""
    file = tmp_path / "notes.txt"
    file.write_text("no database at all, and longer than the header of one would have to be " * 9)
    before = file.read_bytes()
    program = start(Program(tmp_path, "aws", "--port", "0", "--data", "notes.txt"))
    line = program.wait_for("notes.txt")
    assert "chalice-offline: " in line
    assert program.process.wait(PATIENCE_SECONDS) == 2
    assert file.read_bytes() == before


def test_handler_past_its_timeout_is_interrupted_and_calls_no_more(
    start: Any, projects: Any
) -> None:
    """In real time, too: AWS's answer comes at the timeout, and nothing takes effect after it."""
    program = start(
        Local(
            projects.write(
                """
import boto3, time
sqs = boto3.client("sqs")

@app.lambda_function()
def slow(event, context):
    try:
        while True:
            time.sleep(0.02)
    finally:
        print("interrupted", flush=True)
        try:
            sqs.create_queue(QueueName="too-late")
        finally:
            print("handler left", flush=True)
""",
                config={"lambda_timeout": 1},
            )
        )
    )
    program.wait_for("Ctrl-C ends it")
    reply = program.client("lambda").invoke(FunctionName="demo-dev-slow")
    assert json.loads(reply["Payload"].read())["errorType"] == "Sandbox.Timedout"
    program.wait_for("interrupted")
    program.wait_for("handler left")
    assert "QueueUrls" not in program.client("sqs").list_queues()


def test_route_past_the_functions_timeout_is_a_502(start: Any, projects: Any) -> None:
    """The client of a route gets its answer at the timeout, whatever the handler does."""
    program = start(
        Local(
            projects.write(
                """
import time

@app.route("/")
def index():
    time.sleep(600)
""",
                config={"lambda_timeout": 1},
            )
        )
    )
    program.wait_for("Ctrl-C ends it")
    started = time.perf_counter()
    with pytest.raises(urllib.error.HTTPError) as caught:
        program.get("/")
    assert caught.value.code == 502
    caught.value.close()
    assert 0.9 < time.perf_counter() - started < END_SECONDS
