"""The surroundings of a session: doctor, samples, completion, init hooks, .env, awslocal."""

from __future__ import annotations

import json
import shutil
import socket
import sys
from contextlib import chdir
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

from chalice_offline.chalice_app.env_file import read_env_file
from chalice_offline.cli import main
from chalice_offline.core.errors import ProjectError
from chalice_offline.live_session import AppSession
from chalice_offline.samples import KINDS, sample
from chalice_offline.storage import SqliteStorage
from chalice_offline.testing import Offline
from tests.command_line.conftest import Shop, run_command, write_project

if TYPE_CHECKING:
    from collections.abc import Iterator

# ---- doctor --------------------------------------------------------------------------------------


def findings(directory: Path, *arguments: str) -> tuple[int, dict[str, list[Any]]]:
    """Return doctor's status, and what it found by what it is about."""
    result = run_command("doctor", "--project-dir", str(directory), "--json", *arguments)
    found: dict[str, list[Any]] = {}
    for one in json.loads(result.stdout):
        found.setdefault(one["about"], []).append(one)
    return result.exit_code, found


def test_doctor_finds_nothing_wrong_with_a_good_project(tmp_path: Path) -> None:
    """Exit status 0; versions, project, ports are told."""
    write_project(tmp_path)
    status, found = findings(tmp_path)
    assert status == 0
    assert found["project"][0]["text"] == "shop, stage dev: 7 functions"
    assert found["resources"][0]["status"] == "ok"
    assert "chalice-offline" in found["packages"][0]["text"]
    assert {"port 8000", "port 4566"} <= found.keys()


def test_doctor_says_what_is_wrong(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """Code, configuration, stage and a proxy that swallows calls: one sentence each, status 1."""
    status, found = findings(tmp_path)
    assert status == 1
    assert found["project"][0]["status"] == "error"
    write_project(tmp_path, "x = = 1")
    assert "app.py, line 1: SyntaxError" in findings(tmp_path)[1]["project"][0]["text"]
    write_project(tmp_path)
    assert "no stage 'nope'" in findings(tmp_path, "--stage", "nope")[1]["project"][0]["text"]
    (tmp_path / ".chalice" / "resources.json").write_text("{")
    assert findings(tmp_path)[1]["project"][-1]["status"] == "error"
    monkeypatch.setenv("HTTP_PROXY", "http://proxy.example:3128")
    monkeypatch.delenv("NO_PROXY", raising=False)
    monkeypatch.delenv("no_proxy", raising=False)
    assert "NO_PROXY=localhost" in findings(tmp_path)[1]["HTTP_PROXY"][0]["text"]


def test_doctor_reads_a_data_file_to_its_last_large_object(tmp_path: Path) -> None:
    """Each that is not as it was written is named, which an opening does not tell; status 1."""
    write_project(tmp_path)
    file = tmp_path / "state.db"

    def told() -> tuple[int, list[str]]:
        status, found = findings(tmp_path, "--data", str(file))
        return status, [one["text"] for one in found["data"]]

    assert told() == (0, [f"{file} is not there yet; --data makes it"])
    storage = SqliteStorage(file)
    numbers = [storage.blobs.add([text]) for text in (b"first", b"other", b"third")]
    storage.close()
    assert told() == (0, [f"{file} is as it was written, with 3 large objects"])
    paths = [tmp_path / "state.db-objects" / number for number in numbers]
    for path in paths[1:]:
        path.write_bytes(b"wrong")
    assert told() == (1, [f"{path} is damaged: it is not what was written" for path in paths[1:]])
    paths[0].unlink()
    status, texts = told()
    assert (status, len(texts)) == (1, 1)
    assert f"{paths[0]} is missing" in texts[0]


# ---- samples -------------------------------------------------------------------------------------

EVERYTHING = """
from chalice import AuthResponse, Chalice, Rate

app = Chalice(app_name="shop")
app.experimental_feature_flags.update(["WEBSOCKETS"])

@app.authorizer(name="authorizer")
def authorizer(request):
    return AuthResponse(routes=["*"], principal_id="u")

@app.route("/orders/{id}", methods=["POST"])
def order(id):
    return {}

@app.route("/secret", authorizer=authorizer)
def secret():
    return {}

@app.on_sqs_message(queue="orders", name="sqs")
def sqs(event): pass

@app.on_sns_message(topic="news", name="sns")
def sns(event): pass

@app.on_s3_event(bucket="menus", name="s3")
def s3(event): pass

@app.on_cw_event({"source": ["shop"]}, name="event")
def event(event): pass

@app.schedule(Rate(1, unit=Rate.HOURS), name="schedule")
def schedule(event): pass

@app.on_kinesis_record(stream="steps", name="kinesis")
def kinesis(event): pass

@app.on_dynamodb_record(
    stream_arn="arn:aws:dynamodb:us-east-1:000000000000:table/dishes/stream/x", name="dynamodb")
def dynamodb(event): pass

@app.on_ws_connect()
def ws_connect(event): pass

@app.on_ws_message()
def ws_message(event): pass

@app.on_ws_disconnect()
def ws_disconnect(event): pass
"""
KIND_ATTRIBUTE = {"kind": {"DataType": "String", "StringValue": "greeting"}}


def deliver_everything(offline: Offline) -> None:
    """Have one event of each kind delivered."""
    sqs = offline.client("sqs")
    url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
    sqs.send_message(QueueUrl=url, MessageBody="hello", MessageAttributes=KIND_ATTRIBUTE)
    offline.client("sns").publish(
        TopicArn="arn:aws:sns:us-east-1:000000000000:news",
        Message="hello",
        Subject="greeting",
        MessageAttributes=KIND_ATTRIBUTE,
    )
    offline.client("s3").put_object(Bucket="menus", Key="lunch/store 1.json", Body=b"x")
    entry = {"Source": "shop", "DetailType": "T", "Detail": '{"order_id": "1"}', "Resources": ["1"]}
    offline.client("events").put_events(Entries=[entry])
    offline.client("kinesis").put_record(StreamName="steps", Data=b"hello", PartitionKey="k")
    item = {"id": {"S": "soup"}, "price": {"N": "7"}}
    offline.client("dynamodb").put_item(TableName="dishes", Item=item)
    offline.http.post("/orders/1?verbose=1", json={"dish": "soup"})
    offline.http.get("/secret", headers={"Authorization": "token"})
    socket_ = offline.websocket("/")
    socket_.send("hello")
    socket_.close()
    offline.settle()
    offline.advance(hours=1)


def shape(value: Any) -> Any:
    """Return which members a value has, of which types."""
    if isinstance(value, dict):
        return {name: shape(one) for name, one in value.items()}
    return [shape(one) for one in value] if isinstance(value, list) else type(value).__name__


def test_samples_are_what_is_delivered(tmp_path: Path) -> None:
    """Each has the members, of the same types, that its source delivers here."""
    write_project(tmp_path, EVERYTHING)
    template = json.loads((tmp_path / ".chalice" / "resources.json").read_text())
    stream = {"StreamViewType": "NEW_AND_OLD_IMAGES"}
    template["Resources"]["Dishes"]["Properties"]["StreamSpecification"] = stream
    (tmp_path / ".chalice" / "resources.json").write_text(json.dumps(template))
    delivered: dict[str, Any] = {}
    with Offline(tmp_path, stage="dev") as offline:
        deliver_everything(offline)
        for entry in offline.journal.entries():
            if entry.kind == "run":
                name = entry.subject.removeprefix("shop-dev").removeprefix("-") or "route"
                delivered.setdefault(name, json.loads(entry.detail["payload"]))
    names = {kind: kind.replace("ws_", "websocket_") for kind in KINDS}
    wrong = {kind for kind, name in names.items() if shape(sample(kind)) != shape(delivered[name])}
    assert wrong == set()


def test_samples_are_listed_written_and_changed() -> None:
    """A sample is JSON, whatever is set in it; text stays text."""
    assert {line.split()[0] for line in run_command("events").stdout.splitlines()} == set(KINDS)
    result = run_command("events", "sqs", "--set", 'Records.0.body={"a": 1}')
    assert json.loads(result.stdout)["Records"][0]["body"] == '{"a": 1}'
    result = run_command("events", "event", "--set", "detail.order_id=7", "--set", "source=x")
    assert json.loads(result.stdout)["source"] == "x"
    result = run_command("events", "sqz")
    assert (result.exit_code, result.stdout) == (2, "")
    assert "Did you mean sqs" in result.stderr


# ---- completion ----------------------------------------------------------------------------------


def completed(*words: str) -> list[str]:
    """Return what bash is offered for the last of these words."""
    line = " ".join(("chalice-offline", *words))
    variables = {
        "_CHALICE_OFFLINE_COMPLETE": "bash_complete",
        "COMP_WORDS": line,
        "COMP_CWORD": str(len(words)),
    }
    result = CliRunner(env=variables).invoke(main, (), prog_name="chalice-offline")
    return [line.partition(",")[2] for line in result.stdout.splitlines()]


def test_a_shell_completes_commands_options_and_names(
    shop: Shop,
) -> None:
    """Names are those of the session of this folder."""
    with chdir(shop.directory):
        assert completed("inv") == ["invoke"]
        assert "--attribute" in completed("send", "queue", "--at")
        assert completed("invoke", "e") == ["echo"]
        assert completed("send", "queue", "le") == ["letters"]
        assert completed("events", "dyn") == ["dynamodb"]
        assert completed("invoke", "echo", "--event", "kin") == ["kinesis"]
        assert completed("runs", "--function", "e") == ["echo"]
        assert completed("redrive", "letters", "--to", "or") == ["orders"]
        assert completed("reset", "ss") == ["ssm"]
        variables = {"_CHALICE_OFFLINE_COMPLETE": "zsh_source"}
        script = CliRunner(env=variables).invoke(main, (), prog_name="chalice-offline").stdout
        assert "#compdef chalice-offline" in script


# ---- init hooks and .env -------------------------------------------------------------------------


@pytest.fixture
def hooked(tmp_path: Path) -> Iterator[Shop]:
    """A session of a project with hooks."""
    write_project(tmp_path)
    folder = tmp_path / ".chalice" / "offline"
    folder.mkdir()
    (folder / "1_fill.py").write_text(
        "import boto3, os\n"
        "item = {'id': {'S': os.environ['AWS_ENDPOINT_URL']}}\n"
        "boto3.client('dynamodb').put_item(TableName='dishes', Item=item)\n"
    )
    (folder / "2_wrong.py").write_text("import nope")
    (folder / "3_ends.py").write_text("import sys; sys.exit(3)")
    (folder / "4_no_python.py").write_text("x = 1\ny = = 2\n")
    (folder / "5_interrupts.py").write_text("raise KeyboardInterrupt")
    (folder / "6_is_cancelled.py").write_text("import asyncio\nraise asyncio.CancelledError")
    session = AppSession(tmp_path, "dev", port=0, aws_port=0)
    session.start()
    try:
        assert [script["state"] for script in session.hooks.told()] == ["UNKNOWN"] * 6
        session.run_hooks()
        yield Shop(tmp_path, session)
    finally:
        session.stop()


def test_init_hooks_run_when_the_session_is_ready(
    hooked: Shop, caplog: pytest.LogCaptureFixture
) -> None:
    """In order, with boto3 on the session; one that fails is told, and others run all the same."""
    import urllib.request

    def items() -> Any:
        return hooked.client("dynamodb").scan(TableName="dishes")["Items"]

    assert items() == [{"id": {"S": hooked.url}}]
    with urllib.request.urlopen(f"{hooked.url}/_localstack/init/ready", timeout=10) as reply:
        assert json.load(reply) == {
            "completed": True,
            "scripts": [
                {"stage": "READY", "name": "1_fill.py", "state": "SUCCESSFUL"},
                {"stage": "READY", "name": "2_wrong.py", "state": "ERROR"},
                {"stage": "READY", "name": "3_ends.py", "state": "ERROR"},
                {"stage": "READY", "name": "4_no_python.py", "state": "ERROR"},
                {"stage": "READY", "name": "5_interrupts.py", "state": "ERROR"},
                {"stage": "READY", "name": "6_is_cancelled.py", "state": "ERROR"},
            ],
        }
    told = [record.getMessage() for record in caplog.get_records("setup")]
    wrong = "line 1 failed: ModuleNotFoundError(\"No module named 'nope'\")"
    assert f".chalice/offline/2_wrong.py, {wrong}" in told
    assert ".chalice/offline/3_ends.py ended with status 3" in told
    script = hooked.directory / ".chalice" / "offline" / "4_no_python.py"
    where = f".chalice/offline/4_no_python.py failed: {script}, line 2"
    assert f"{where}: SyntaxError: invalid syntax" in told
    assert ".chalice/offline/5_interrupts.py, line 1 failed: KeyboardInterrupt()" in told
    assert ".chalice/offline/6_is_cancelled.py, line 2 failed: CancelledError()" in told
    hooked.client("dynamodb").delete_item(TableName="dishes", Key=items()[0])
    hooked.says("reset")
    assert len(items()) == 1


BEGINS_ANEW = """
import os, urllib.request, boto3
item = {"id": {"S": "here"}}
url = os.environ["AWS_ENDPOINT_URL"]
urllib.request.urlopen(f"{url}/_localstack/state/reset", data=b"", timeout=20).close()
boto3.client("dynamodb").put_item(TableName="dishes", Item=item)
"""


def test_an_init_hook_may_begin_the_session_anew(tmp_path: Path) -> None:
    """At the start and at a reset; hooks that run already do not run within themselves."""
    write_project(tmp_path)
    folder = tmp_path / ".chalice" / "offline"
    folder.mkdir()
    (folder / "fill.py").write_text(BEGINS_ANEW)
    session = AppSession(tmp_path, "dev", port=0, aws_port=0)
    session.start()
    try:
        shop = Shop(tmp_path, session)
        for begin in (session.run_hooks, lambda: shop.says("reset")):
            begin()
            assert shop.client("dynamodb").scan(TableName="dishes")["Count"] == 1
            assert [script["state"] for script in session.hooks.told()] == ["SUCCESSFUL"]
    finally:
        session.stop()


ENV = """\
# a comment
export A=1
B = two words # a comment
C="line\\nnext \\"quoted\\" #no comment" # one
D='as $it \\n stands'
E=
F=a=b#c
"""


def test_a_file_of_variables_is_read(tmp_path: Path) -> None:
    """Quotes, comments, `export`; nothing is expanded."""
    file = tmp_path / ".env"
    file.write_text(ENV)
    assert read_env_file(file) == {
        "A": "1",
        "B": "two words",
        "C": 'line\nnext "quoted" #no comment',
        "D": "as $it \\n stands",
        "E": "",
        "F": "a=b#c",
    }


@pytest.mark.parametrize(
    ("text", "sentence"),
    [
        ("A=1\nB\n", "line 2: 'B' is not NAME=VALUE"),
        ("1A=1", "line 1: '1A=1' is not NAME=VALUE"),
        ('A="open', "line 1: the quotes around the value are not closed"),
        ("A='a' b", "line 1: the quotes around the value are not closed"),
    ],
)
def test_a_broken_file_of_variables_names_the_line(
    tmp_path: Path, text: str, sentence: str
) -> None:
    """And the session does not start."""
    file = tmp_path / ".env"
    file.write_text(text)
    with pytest.raises(ProjectError, match=sentence):
        read_env_file(file)
    write_project(tmp_path)
    result = run_command("local", "--project-dir", str(tmp_path), "--env-file", str(file))
    assert result.exit_code == 2
    assert sentence in result.stderr


# ---- ports, and the AWS CLI ----------------------------------------------------------------------


def test_a_port_that_is_taken_is_named_with_a_free_one(tmp_path: Path) -> None:
    """One sentence, exit code 2."""
    write_project(tmp_path)
    with socket.create_server(("127.0.0.1", 0)) as taken:
        port = taken.getsockname()[1]
        result = run_command(
            "local", "--project-dir", str(tmp_path), "--port", str(port), "--aws-port", "0"
        )
    assert result.exit_code == 2
    (sentence,) = result.stderr.splitlines()
    assert f"cannot listen on 127.0.0.1:{port}: Address already in use" in sentence
    assert "is free) or stop what listens there" in sentence


def test_awslocal_runs_the_aws_cli_on_the_session(
    shop: Shop, monkeypatch: pytest.MonkeyPatch, capfd: pytest.CaptureFixture[str]
) -> None:
    """With version 1 as well, whose sqs ignores AWS_ENDPOINT_URL; without the user's profile."""
    if shutil.which("aws", path=str(Path(sys.executable).parent)) is None:
        pytest.skip("no AWS CLI")
    monkeypatch.setenv("AWS_PROFILE", "nope")
    result = run_command("awslocal", "--endpoint", shop.url, "sqs", "list-queues")
    assert result.exit_code == 0, result.output
    urls = json.loads(capfd.readouterr().out)["QueueUrls"]
    assert {url.rpartition("/")[2] for url in urls} == {"orders", "letters", "waiting"}
