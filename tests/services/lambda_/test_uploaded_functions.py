"""Functions created from zip files: described, run, changed, refused, and what they write."""

from __future__ import annotations

import base64
from typing import TYPE_CHECKING, Any

import pytest
from botocore.exceptions import ClientError

from .conftest import ROLE, zipped

if TYPE_CHECKING:
    from .conftest import Uploads

ECHO = "def handler(event, context):\n    return event\n"


# ---- create, describe, change, delete ------------------------------------------------------------


def test_create_function_is_pending_first_and_active_after(uploads: Uploads) -> None:
    """The reply says Pending, the next look Active; AWS's waiters end."""
    created = uploads.create()
    assert (created["State"], created["StateReasonCode"]) == ("Pending", "Creating")
    assert "LastUpdateStatus" not in created
    for waiter in ("function_active_v2", "function_updated_v2"):
        uploads.lambda_.get_waiter(waiter).wait(FunctionName="work")
    found = uploads.lambda_.get_function_configuration(FunctionName="work")
    assert (found["State"], found["LastUpdateStatus"]) == ("Active", "Successful")
    assert found["RevisionId"] != created["RevisionId"]


def test_created_function_is_described_as_it_was_given(uploads: Uploads) -> None:
    """Settings, sizes and digests are those of the request."""
    package = zipped(handler=ECHO)
    uploads.create(
        package=package,
        Timeout=7,
        MemorySize=256,
        Description="counts",
        Environment={"Variables": {"MODE": "fast"}},
        Tags={"team": "a"},
    )
    found = uploads.lambda_.get_function(FunctionName="work")
    described = found["Configuration"]
    assert described["CodeSize"] == len(package)
    assert (described["Timeout"], described["MemorySize"]) == (7, 256)
    assert (described["Runtime"], described["Role"]) == ("python3.12", ROLE)
    assert described["Description"] == "counts"
    assert described["Environment"] == {"Variables": {"MODE": "fast"}}
    assert described["LoggingConfig"]["LogGroup"] == "/aws/lambda/work"
    assert found["Tags"] == {"team": "a"}
    names = [one["FunctionName"] for one in uploads.lambda_.list_functions()["Functions"]]
    assert names == ["work"]


def test_create_function_twice_is_refused(uploads: Uploads) -> None:
    """A name is given once in an account and region."""
    uploads.create()
    with pytest.raises(ClientError) as caught:
        uploads.create()
    assert caught.value.response["Error"]["Code"] == "ResourceConflictException"
    assert caught.value.response["Error"]["Message"] == "Function already exist: work"


def test_update_function_code_runs_the_new_code(uploads: Uploads) -> None:
    """The run after an update imports the new package."""
    uploads.create(code="def handler(event, context):\n    return 'old'\n")
    assert uploads.invoke() == "old"
    package = zipped(handler="def handler(event, context):\n    return 'new'\n")
    updated = uploads.lambda_.update_function_code(FunctionName="work", ZipFile=package)
    assert updated["LastUpdateStatus"] == "InProgress"
    assert uploads.invoke() == "new"


def test_update_function_configuration_changes_only_what_is_named(uploads: Uploads) -> None:
    """Variables change, the timeout stays; the function starts anew with them."""
    code = "import os\nMODE = os.environ['MODE']\ndef handler(event, context):\n    return MODE\n"
    uploads.create(code=code, Timeout=9, Environment={"Variables": {"MODE": "a"}})
    assert uploads.invoke() == "a"
    uploads.lambda_.update_function_configuration(
        FunctionName="work", Environment={"Variables": {"MODE": "b"}}
    )
    found = uploads.lambda_.get_function_configuration(FunctionName="work")
    assert found["Timeout"] == 9
    assert uploads.invoke() == "b"


def test_update_based_on_an_older_revision_is_refused(uploads: Uploads) -> None:
    """RevisionId guards against a change made meanwhile (recorded)."""
    created = uploads.create()
    code, message = uploads.refused(
        uploads.lambda_.update_function_configuration,
        FunctionName="work",
        RevisionId=created["RevisionId"],
        Timeout=5,
    )
    assert code == "PreconditionFailedException"
    assert message.startswith("The Revision Id provided does not match the latest Revision Id.")


def test_deleted_function_is_gone(uploads: Uploads) -> None:
    """It can neither be found nor run, and its name can be given again."""
    uploads.create()
    uploads.lambda_.delete_function(FunctionName="work")
    code, _ = uploads.refused(uploads.lambda_.get_function, FunctionName="work")
    assert code == "ResourceNotFoundException"
    uploads.create()
    assert uploads.invoke(payload=3) == 3


def test_code_may_lie_in_s3(uploads: Uploads) -> None:
    """A package is read from a bucket; a missing bucket or key is said in S3's words."""
    s3 = uploads.aws.client("s3")
    s3.create_bucket(Bucket="packages")
    s3.put_object(Bucket="packages", Key="work.zip", Body=zipped(handler=ECHO))
    uploads.create(Code={"S3Bucket": "packages", "S3Key": "work.zip"})
    assert uploads.invoke(payload={"n": 1}) == {"n": 1}
    code, message = uploads.refused(
        uploads.create, name="other", Code={"S3Bucket": "packages", "S3Key": "none.zip"}
    )
    assert code == "InvalidParameterValueException"
    assert message == (
        "Error occurred while GetObject. S3 Error Code: NoSuchKey. "
        "S3 Error Message: The specified key does not exist."
    )


@pytest.mark.parametrize(
    ("settings", "words"),
    [
        ({"Code": {"ZipFile": b"no zip"}}, "Could not unzip uploaded file."),
        ({"Code": {}}, "Please provide a source for function code."),
        ({"Runtime": "cobol"}, "Value cobol at 'runtime' failed to satisfy constraint"),
        ({"Runtime": "python3.7"}, "The runtime parameter of python3.7 is no longer supported"),
        ({"Environment": {"Variables": {"AWS_REGION": "x"}}}, "Lambda was unable to configure"),
        ({"Environment": {"Variables": {"BIG": "x" * 5000}}}, "Lambda was unable to configure"),
    ],
)
def test_create_function_refuses_in_lambda_s_words(
    uploads: Uploads, settings: dict[str, Any], words: str
) -> None:
    """What AWS refuses is refused, and nothing is created."""
    code, message = uploads.refused(uploads.create, **settings)
    assert code == "InvalidParameterValueException"
    assert message.startswith(words)
    assert uploads.lambda_.list_functions()["Functions"] == []


def test_what_is_not_emulated_is_refused_by_name(uploads: Uploads) -> None:
    """A function with a file system is not created without it."""
    place = "arn:aws:elasticfilesystem:us-east-1:000000000000:access-point/fsap-"
    systems = [{"Arn": f"{place}{'0' * 17}", "LocalMountPath": "/mnt/data"}]
    code, message = uploads.refused(uploads.create, FileSystemConfigs=systems)
    assert code == "NotImplemented"
    assert "FileSystemConfigs" in message


# ---- run -----------------------------------------------------------------------------------------


def test_functions_do_not_see_each_other_s_modules(uploads: Uploads) -> None:
    """Two functions have a module of the same name, imported early and late, and keep apart."""
    code = (
        "import names\n"
        "def handler(event, context):\n"
        "    from package.late import LATE\n"
        "    return [names.NAME, LATE]\n"
    )
    for name in ("one", "two"):
        files = {"names": f"NAME = {name!r}", "package___late": f"LATE = {name!r}"}
        uploads.create(name, package=zipped(handler=code, package_____init__="", **files))
    assert [uploads.invoke("one"), uploads.invoke("two")] == [["one"] * 2, ["two"] * 2]
    assert uploads.invoke("one") == ["one"] * 2


def test_packages_in_the_zip_import_as_usual(uploads: Uploads) -> None:
    """Relative imports, dotted imports with and without alias, and dataclasses work."""
    code = (
        "import shop.money\n"
        "import shop.money as alias\n"
        "from shop import prices\n"
        "def handler(event, context):\n"
        "    return [shop.money.UNIT, alias.UNIT, prices.Price(3).cents]\n"
    )
    prices = (
        "from __future__ import annotations\n"
        "from dataclasses import dataclass\n"
        "from .money import UNIT\n"
        "@dataclass\n"
        "class Price:\n"
        "    cents: int = UNIT\n"
    )
    files = {"shop_____init__": "", "shop___money": "UNIT = 100", "shop___prices": prices}
    uploads.create(package=zipped(handler=code, **files))
    assert uploads.invoke() == [100, 100, 3]


def test_function_is_told_about_itself(uploads: Uploads) -> None:
    """Context and variables name function, memory, region and log stream."""
    code = (
        "import os\n"
        "def handler(event, context):\n"
        "    return {\n"
        "        'context': [context.function_name, context.memory_limit_in_mb],\n"
        "        'group': os.environ['AWS_LAMBDA_LOG_GROUP_NAME'],\n"
        "        'stream': os.environ['AWS_LAMBDA_LOG_STREAM_NAME'] == context.log_stream_name,\n"
        "        'region': os.environ['AWS_REGION'],\n"
        "        'handler': os.environ['_HANDLER'],\n"
        "    }\n"
    )
    uploads.create(code=code, MemorySize=512)
    assert uploads.invoke() == {
        "context": ["work", "512"],
        "group": "/aws/lambda/work",
        "stream": True,
        "region": "us-east-1",
        "handler": "handler.handler",
    }


def test_module_globals_stay_between_runs(uploads: Uploads) -> None:
    """A warm function keeps what its module holds."""
    code = "seen = []\ndef handler(event, context):\n    seen.append(event)\n    return len(seen)\n"
    uploads.create(code=code)
    assert [uploads.invoke(), uploads.invoke()] == [1, 2]


@pytest.mark.parametrize(
    ("code", "handler", "error_type", "message"),
    [
        ("import nowhere", "handler.handler", "Runtime.ImportModuleError",
         "Unable to import module 'handler': No module named 'nowhere'"),
        (ECHO, "absent.handler", "Runtime.ImportModuleError",
         "Unable to import module 'absent': No module named 'absent'"),
        ("def handler(", "handler.handler", "Runtime.UserCodeSyntaxError",
         "Syntax error in module 'handler': '(' was never closed (handler.py, line 1)"),
        (ECHO, "handler.other", "Runtime.HandlerNotFound",
         "Handler 'other' missing on module 'handler'"),
        (ECHO, "handler", "Runtime.MalformedHandlerName",
         "Bad handler 'handler': not enough values to unpack (expected 2, got 1)"),
    ],
)  # fmt: skip
def test_handler_that_cannot_be_loaded_is_reported(
    uploads: Uploads, code: str, handler: str, error_type: str, message: str
) -> None:
    """Invoke answers what Lambda's Python runtime does."""
    uploads.create(code=code, Handler=handler)
    assert uploads.invoke() == {
        "errorMessage": message,
        "errorType": error_type,
        "requestId": "",
        "stackTrace": [],
    }


def test_failure_at_import_has_no_request_and_a_stack(uploads: Uploads) -> None:
    """A module that raises is reported with its own frames, under Lambda's folder (recorded)."""
    uploads.create(code="raise Exception('bad')\n")
    assert uploads.invoke() == {
        "errorMessage": "bad",
        "errorType": "Exception",
        "requestId": "",
        "stackTrace": [
            "  File \"/var/task/handler.py\", line 1, in <module>\n    raise Exception('bad')\n"
        ],
    }


def test_failing_handler_is_reported_with_its_stack(uploads: Uploads) -> None:
    """Frames name files as on Lambda (recorded)."""
    uploads.create(code="def handler(event, context):\n    raise ValueError('no')\n")
    error = uploads.invoke()
    assert (error["errorType"], error["errorMessage"]) == ("ValueError", "no")
    assert error["stackTrace"] == [
        "  File \"/var/task/handler.py\", line 2, in handler\n    raise ValueError('no')\n"
    ]


def test_another_runtime_is_created_and_not_run(uploads: Uploads) -> None:
    """Invoke names function and runtime instead of doing nothing."""
    uploads.create(Runtime="nodejs22.x", Handler="index.handler")
    found = uploads.lambda_.get_function_configuration(FunctionName="work")
    assert found["Runtime"] == "nodejs22.x"
    code, message = uploads.refused(uploads.lambda_.invoke, FunctionName="work")
    assert code == "InvalidRuntimeException"
    assert "work" in message
    assert "nodejs22.x" in message


def test_mapping_feeds_an_uploaded_function_and_rests_while_it_is_deleted(
    uploads: Uploads,
) -> None:
    """Messages stay in the queue without a function, and reach one of the same name."""
    sqs = uploads.aws.client("sqs")
    queue_url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
    code = (
        "def handler(event, context):\n"
        "    for record in event['Records']:\n"
        "        print('got', record['body'])\n"
    )
    uploads.create(code=code)
    uploads.lambda_.create_event_source_mapping(
        FunctionName="work", EventSourceArn="arn:aws:sqs:us-east-1:000000000000:jobs"
    )
    uploads.lambda_.delete_function(FunctionName="work")
    sqs.send_message(QueueUrl=queue_url, MessageBody="first")
    uploads.aws.settle()
    count = sqs.get_queue_attributes(QueueUrl=queue_url, AttributeNames=["All"])["Attributes"]
    assert count["ApproximateNumberOfMessages"] == "1"
    uploads.create(code=code)
    uploads.aws.settle()
    assert "got first\n" in uploads.log_lines()


# ---- what functions write ------------------------------------------------------------------------


def test_output_goes_to_cloudwatch_logs_and_to_standard_output(
    uploads: Uploads, capsys: pytest.CaptureFixture[str]
) -> None:
    """Prints and log records lie between START, END and REPORT; prints are seen here, too."""
    code = (
        "import logging\n"
        "log = logging.getLogger()\n"
        "def handler(event, context):\n"
        "    print('one\\ntwo')\n"
        "    log.warning('three')\n"
    )
    uploads.create(code=code)
    uploads.invoke()
    start, one, two, three, end, report = uploads.log_lines()
    request_id = start.split()[2]
    assert start == f"START RequestId: {request_id} Version: $LATEST\n"
    assert [one, two] == ["one\n", "two\n"]
    assert three.startswith("[WARNING]\t")
    assert three.endswith(f"Z\t{request_id}\tthree\n")
    assert end == f"END RequestId: {request_id}\n"
    assert report.startswith(f"REPORT RequestId: {request_id}\tDuration: ")
    assert capsys.readouterr().out == "one\ntwo\n"


def test_printing_outside_a_run_is_nobody_s_log(
    uploads: Uploads, capsys: pytest.CaptureFixture[str]
) -> None:
    """What the test itself prints appears, and in no function's log."""
    uploads.create()
    uploads.invoke()
    print("between runs")  # noqa: T201 - that it is printed is what the test is about
    uploads.invoke()
    assert capsys.readouterr().out == "between runs\n"
    assert [line for line in uploads.log_lines() if "between" in line] == []


def test_failure_and_timeout_are_in_the_log(uploads: Uploads) -> None:
    """A failing run ends with [ERROR] and its trace, one that takes too long with Lambda's line."""
    code = (
        "import time\n"
        "def handler(event, context):\n"
        "    if event:\n"
        "        raise ValueError('no')\n"
        "    print('before')\n"
        "    time.sleep(10)\n"
    )
    uploads.create(code=code, Timeout=2)
    uploads.invoke(payload=1)
    uploads.invoke(payload=0)
    lines = uploads.log_lines()
    assert any(line.startswith("[ERROR] ValueError: no\nTraceback") for line in lines)
    assert lines.index("before\n") > 0
    assert any(line.endswith("Task timed out after 2.00 seconds\n\n") for line in lines)


def test_invoke_returns_the_log_s_tail(uploads: Uploads) -> None:
    """LogType Tail gives the run's own lines."""
    uploads.create(code="def handler(event, context):\n    print('here')\n")
    reply = uploads.lambda_.invoke(FunctionName="work", LogType="Tail")
    lines = base64.b64decode(reply["LogResult"]).decode().splitlines()
    assert lines[0].startswith("START RequestId: ")
    assert lines[1] == "here"
    assert lines[-1].startswith("REPORT RequestId: ")


def test_logs_of_an_unread_function_stay_bounded(
    uploads: Uploads, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Only the latest lines wait; that some were left out is in the journal."""
    monkeypatch.setattr("chalice_offline.services.lambda_.limits.LOG_LINES_KEPT", 6)
    uploads.create()
    for _ in range(4):
        uploads.invoke()
    assert len(uploads.log_lines()) == 6
    notes = [one for one in uploads.aws.emulator.journal.entries() if one.subject == "logs"]
    assert [one.detail["lines"] for one in notes] == [6]


@pytest.mark.parametrize(
    ("runtime", "payload"),
    [("python3.11", b'"caf\\u00e9"'), ("python3.12", '"caf\u00e9"'.encode())],
)
def test_runtimes_since_python_3_12_do_not_escape(
    uploads: Uploads, runtime: str, payload: bytes
) -> None:
    """It makes answers smaller, of which there is a largest."""
    uploads.create(code="def handler(event, context):\n    return 'caf\u00e9'\n", Runtime=runtime)
    uploads.aws.settle()
    reply = uploads.lambda_.invoke(FunctionName="work")
    assert reply["Payload"].read() == payload
