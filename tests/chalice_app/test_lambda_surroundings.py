"""What surrounds a handler on Lambda: variables, folder, imports, clients, time limits."""

from __future__ import annotations

import os
import re
import threading
from pathlib import Path
from typing import Any

import pytest

from chalice_offline.core.errors import ProjectError


def test_stage_and_function_settings_reach_their_functions(run: Any) -> None:
    """Variables merge from top, stage and function; a timeout can differ per function."""
    code = """
@app.lambda_function()
def one(event, context):
    return [os.environ[n] for n in "ABC"] + [context.get_remaining_time_in_millis()]

@app.lambda_function()
def two(event, context):
    return [os.environ.get(n) for n in "ABC"] + [context.get_remaining_time_in_millis()]
"""
    one = {"environment_variables": {"C": "function"}, "lambda_timeout": 9}
    config = {
        "environment_variables": {"A": "top", "B": "top"},
        "stages": {
            "dev": {"environment_variables": {"B": "dev"}},
            "prod": {
                "environment_variables": {"B": "prod"},
                "lambda_timeout": 30,
                "lambda_functions": {"one": one},
            },
        },
    }
    offline = run(code, config=config, stage="prod")
    assert offline.invoke("one").payload == ["top", "prod", "function", 9000]
    assert offline.invoke("two").payload == ["top", "prod", None, 30000]


def test_environment_changes_stay_in_their_function(run: Any) -> None:
    """A variable one function sets is there at its next run, and nowhere else."""
    offline = run(
        """
from os import environ, getenv

@app.lambda_function()
def setter(event, context):
    before = environ.get("MARK")
    environ["MARK"] = "set"
    return before

@app.lambda_function()
def reader(event, context):
    return [getenv("MARK"), "MARK" in os.environ, dict(os.environ).get("MARK")]
"""
    )
    assert offline.invoke("setter").payload is None
    assert offline.invoke("setter").payload == "set"
    assert offline.invoke("reader").payload == [None, False, None]
    assert "MARK" not in os.environ


def test_threads_of_a_handler_see_its_variables(run: Any) -> None:
    """A handler's own thread pool sees the function's environment, and its calls the door."""
    offline = run(
        """
import boto3
from concurrent.futures import ThreadPoolExecutor

@app.lambda_function()
def fan(event, context):
    def work(number):
        boto3.client("s3").create_bucket(Bucket=f"bucket-{number}")
        return os.environ["ONLY"]
    with ThreadPoolExecutor(2) as pool:
        return list(pool.map(work, range(2)))
""",
        config={
            "stages": {
                "dev": {"lambda_functions": {"fan": {"environment_variables": {"ONLY": "fan"}}}}
            }
        },
    )
    assert offline.invoke("fan").payload == ["fan", "fan"]
    names = [bucket["Name"] for bucket in offline.client("s3").list_buckets()["Buckets"]]
    assert sorted(names) == ["bucket-0", "bucket-1"]


def test_shell_credentials_and_profile_do_not_reach_a_function(
    monkeypatch: pytest.MonkeyPatch, run: Any
) -> None:
    """The developer's AWS settings stay out: offline code can never reach a real account."""
    monkeypatch.setenv("AWS_PROFILE", "production")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "AKIAREAL")
    monkeypatch.setenv("AWS_ENDPOINT_URL", "http://127.0.0.1:1")
    offline = run(
        """
import boto3

@app.lambda_function()
def who(event, context):
    return [os.environ.get("AWS_PROFILE"), os.environ["AWS_ACCESS_KEY_ID"],
            os.environ.get("AWS_ENDPOINT_URL"),
            boto3.client("sts").get_caller_identity()["Account"]]
"""
    )
    assert offline.invoke("who").payload == [None, "test", None, "000000000000"]


def test_clients_made_at_import_reach_the_emulator(run: Any) -> None:
    """boto3 clients, resources and sessions of the module level work like any other."""
    offline = run(
        """
import boto3
client = boto3.client("sqs")
table = boto3.resource("dynamodb").Table("orders")
session = boto3.session.Session()

@app.lambda_function()
def all_three(event, context):
    client.create_queue(QueueName="q")
    table.put_item(Item={"id": "1"})
    session.client("sns").create_topic(Name="t")
    return table.get_item(Key={"id": "1"})["Item"]["id"]
""",
        resources={
            "Resources": {
                "Orders": {
                    "Type": "AWS::DynamoDB::Table",
                    "Properties": {
                        "TableName": "orders",
                        "BillingMode": "PAY_PER_REQUEST",
                        "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
                        "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
                    },
                }
            }
        },
    )
    assert offline.invoke("all_three").payload == "1"
    assert len(offline.client("sqs").list_queues()["QueueUrls"]) == 1
    assert len(offline.client("sns").list_topics()["Topics"]) == 1


def test_vendor_chalicelib_and_the_working_directory(run: Any, projects: Any) -> None:
    """vendor/ is importable, chalicelib too, and relative paths start at the project."""
    before = Path.cwd()
    offline = run(
        """
import vendored
from chalicelib.words import WORD

@app.lambda_function()
def read(event, context):
    with open("chalicelib/data.txt") as file:
        return [vendored.NAME, WORD, file.read()]
""",
        files={
            "vendor/vendored.py": "NAME = 'vendored'\n",
            "chalicelib/__init__.py": "",
            "chalicelib/words.py": "WORD = 'word'\n",
            "chalicelib/data.txt": "data",
        },
    )
    assert offline.invoke("read").payload == ["vendored", "word", "data"]
    projects.stop()
    assert Path.cwd() == before


def test_sleep_past_the_timeout_ends_the_handler(run: Any, projects: Any) -> None:
    """What comes after the timeout does not happen, and a bare except does not prevent it."""
    offline = run(
        """
import time
SEEN = []

@app.lambda_function()
def slow(event, context):
    try:
        time.sleep(2)
        SEEN.append(context.get_remaining_time_in_millis())
        time.sleep(100)
    except Exception:
        SEEN.append("caught")
    SEEN.append("after")
""",
        config={"lambda_timeout": 5},
    )
    with pytest.raises(TimeoutError, match=r"demo-dev-slow: task timed out after 5\.00 seconds"):
        offline.invoke("slow")
    assert projects.seen() == [3000]
    assert offline.now.second == 5


def test_raising_handler_raises_in_the_test(run: Any) -> None:
    """`invoke` raises the handler's own exception."""
    offline = run(
        """
class Oops(Exception):
    pass

@app.lambda_function()
def fails(event, context):
    raise Oops("no paper")
"""
    )
    with pytest.raises(Exception, match="no paper") as caught:
        offline.invoke("fails")
    assert type(caught.value).__name__ == "Oops"


def test_error_payload_is_lambdas(run: Any) -> None:
    """The payload of a failed invocation has message, type, request id and the handler's stack."""
    import json

    offline = run(
        """
@app.lambda_function()
def fails(event, context):
    raise KeyError("gone")

@app.lambda_function()
def leaves(event, context):
    raise SystemExit(0)

@app.lambda_function()
def odd(event, context):
    return object()
"""
    )

    def payload(name: str) -> Any:
        reply = offline.client("lambda").invoke(FunctionName=f"demo-dev-{name}")
        assert reply["FunctionError"] == "Unhandled"
        return json.loads(reply["Payload"].read())

    error = payload("fails")
    assert (error["errorMessage"], error["errorType"]) == ("'gone'", "KeyError")
    assert set(error) == {"errorMessage", "errorType", "requestId", "stackTrace"}
    assert 'raise KeyError("gone")' in error["stackTrace"][-1]
    assert "chalice_offline" not in "".join(error["stackTrace"])
    leaves = payload("leaves")
    assert leaves["errorType"] == "Runtime.ExitError"
    assert leaves["errorMessage"].endswith("Error: Runtime exited without providing a reason")
    odd = payload("odd")
    assert odd["errorType"] == "Runtime.MarshalError"
    assert "Object of type object is not JSON serializable" in odd["errorMessage"]
    with pytest.raises(KeyError):
        offline.settle()


def test_module_that_fails_to_import_is_named_with_its_line(run: Any) -> None:
    """The start stops with one sentence: file, line and what Python said."""
    with pytest.raises(ProjectError) as caught:
        run("\nimport no_such_package\n")
    text = str(caught.value)
    assert "app.py, line 6" in text
    assert "No module named 'no_such_package'" in text
    assert "\n" not in text


def test_syntax_error_is_one_sentence(run: Any) -> None:
    """A syntax error names file and line."""
    with pytest.raises(ProjectError) as caught:
        run("\ndef broken(:\n    pass\n")
    text = str(caught.value)
    assert "app.py" in text
    assert "line 6" in text
    assert "\n" not in text


def test_thread_of_a_handler_ends_quietly_with_its_run(run: Any) -> None:
    """That its time is over is no error of the test's; what it would do later is not done."""
    offline = run(
        """
import threading, time
DONE = []

def late():
    time.sleep(100)
    DONE.append(1)

@app.lambda_function()
def waits(event, context):
    thread = threading.Thread(target=late)
    thread.start()
    thread.join()

@app.lambda_function()
def done(event, context):
    return DONE
"""
    )
    hook, told = threading.excepthook, []
    threading.excepthook = told.append
    try:
        offline.client("lambda").invoke(FunctionName="demo-dev-waits")
    finally:
        threading.excepthook = hook
    assert told == []
    with pytest.raises(TimeoutError):
        offline.settle()
    assert offline.invoke("done").payload == []


def test_a_handler_that_replaces_os_environ_keeps_it_to_itself(run: Any) -> None:
    """On AWS it has a process of its own: other functions see their own variables as before."""
    code = """
@app.lambda_function()
def replaces(event, context):
    os.environ = {"A": "mine"}
    return os.environ["A"]

@app.lambda_function()
def reads(event, context):
    return os.environ["AWS_LAMBDA_FUNCTION_NAME"]
"""
    environ = os.environ
    offline = run(code)
    assert offline.invoke("replaces").payload == "mine"
    assert os.environ is environ
    assert offline.invoke("reads").payload.endswith("-reads")


def test_each_run_has_its_trace_header_and_log_stream(run: Any) -> None:
    """Beside the variables that a function's runs have in common."""
    code = """
@app.lambda_function()
def tells(event, context):
    names = ["_X_AMZN_TRACE_ID", "AWS_LAMBDA_LOG_STREAM_NAME", "AWS_LAMBDA_LOG_GROUP_NAME"]
    os.environ["KEPT"] = os.environ.get("KEPT", "") + "x"
    return [os.environ[n] for n in names] + [context.log_stream_name, os.environ["KEPT"]]
"""
    offline = run(code)
    header, stream, group, told, kept = offline.invoke("tells").payload
    assert re.fullmatch(r"Root=1-[0-9a-f]{8}-[0-9a-f]{24};Parent=[0-9a-f]{16};Sampled=0", header)
    assert stream == told
    assert group.endswith("-tells")
    other, _, _, _, kept_on = offline.invoke("tells").payload
    assert other != header
    assert (kept, kept_on) == ("x", "xx")
