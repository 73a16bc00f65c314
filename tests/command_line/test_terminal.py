"""What a session says in the terminal: runs, failures, dead letters, what went nowhere."""

from __future__ import annotations

import io
import json
import logging
import re
from types import SimpleNamespace
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.console.session import Session
from chalice_offline.core.run import Outcome
from chalice_offline.core.run_entry import RunEntry
from chalice_offline.services.lambda_ import LambdaState
from chalice_offline.terminal import Level, OwnFramesFirst, Reporter
from chalice_offline.terminal.banner import app_banner
from chalice_offline.terminal.screen import Screen, wants_colour
from chalice_offline.testing import Offline
from tests.command_line.conftest import write_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class Told:
    """A project in virtual time, and what the terminal would say of it."""

    def __init__(self, offline: Offline) -> None:
        self.offline = offline

    def when(self, level: Level = Level.NORMAL, **options: Any) -> list[str]:
        """Return the lines about one of everything."""
        lines: list[str] = []
        reporter = Reporter(lines.extend, level=level, **options)
        emulator = self.offline.emulator
        session = Session(emulator, emulator.registry.state("lambda", LambdaState))
        session.short_names = self.offline.app.short_names
        reporter.watch(session)
        self.offline.invoke("echo", {})
        sqs, events = self.offline.client("sqs"), self.offline.client("events")
        url = sqs.get_queue_url(QueueName="orders")["QueueUrl"]
        for dish in ("soup", "fugu"):
            sqs.send_message(QueueUrl=url, MessageBody=json.dumps({"dish": dish}))
        events.put_events(Entries=[{"Source": "nobody", "DetailType": "t", "Detail": "{}"}])
        for _ in range(4):  # time stands still while it is told of a try
            reporter.flush()
            self.offline.advance(seconds=30, raise_errors=False)
        self.offline.settle(raise_errors=False)
        reporter.stop()
        return lines


@pytest.fixture
def told(tmp_path: Path) -> Iterator[Told]:
    """The project in virtual time."""
    write_project(tmp_path)
    with Offline(tmp_path, stage="dev") as offline:
        yield Told(offline)


def words(lines: list[str]) -> list[str]:
    """Return lines without instants and stories."""
    return [line[12:].partition("  story")[0].strip() for line in lines]


def test_each_run_is_a_line(told: Told) -> None:
    """Name, source, try, duration, outcome, story; the next try, and the dead letter at the end."""
    lines = told.when()
    said = "\n".join(words(lines))
    for line in (
        "cook                  <- queue orders  0 ms  ok",
        "cook                  <- queue orders  0 ms  ValueError: no licence for fugu",
        "cook                  <- queue orders  try 2  0 ms  ValueError: no licence for fugu",
        "echo                  <- invoke  0 ms  ok",
        "orders                -> letters: dead letter, received 2 times",
        "(chalice-offline queues letters)",
    ):
        assert line in said
    assert "default: no rule matched" in said
    assert '"source" must be "shop", but the event has "nobody"' in said
    assert all("  story " in line for line in lines if "s, at 00:0" not in line)
    after = [line for line in words(lines) if "try 2" in line or "goes to" in line]
    assert [re.sub(r" in [\d.]+ s", "", line.split("  ")[0]) for line in after] == [
        "try 2, at 00:01:00.000",
        "cook",
        "goes to letters, at 00:02:00.000",
    ]


STREAMS = """
from chalice import Chalice

app = Chalice(app_name="shop")

@app.on_kinesis_record(stream="steps", name="walk")
def walk(event):
    raise ValueError("no way on")

@app.lambda_function(name="taste")
def taste(event, context):
    last = event["Records"][-1]["dynamodb"]["SequenceNumber"]
    return {"batchItemFailures": [{"itemIdentifier": last}]}
"""
COURSES: dict[str, Any] = {
    "TableName": "courses",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
    "BillingMode": "PAY_PER_REQUEST",
    "StreamSpecification": {"StreamEnabled": True, "StreamViewType": "KEYS_ONLY"},
}


def test_a_shard_that_goes_no_further_says_when_it_is_tried_again(tmp_path: Path) -> None:
    """Kinesis and DynamoDB streams: which try it is, or how much of the batch is left."""
    write_project(tmp_path, STREAMS)
    lines: list[str] = []
    with Offline(tmp_path, stage="dev") as offline:
        reporter = Reporter(lines.extend)
        emulator = offline.emulator
        reporter.watch(Session(emulator, emulator.registry.state("lambda", LambdaState)))
        dynamodb = offline.client("dynamodb")
        table = dynamodb.create_table(**COURSES)["TableDescription"]
        offline.client("lambda").create_event_source_mapping(
            EventSourceArn=table["LatestStreamArn"],
            FunctionName="shop-dev-taste",
            StartingPosition="TRIM_HORIZON",
            FunctionResponseTypes=["ReportBatchItemFailures"],
            MaximumBatchingWindowInSeconds=1,
        )
        offline.settle()
        for dish in ("chili", "soup", "fugu"):
            dynamodb.put_item(TableName="courses", Item={"id": {"S": dish}})
        offline.client("kinesis").put_record(StreamName="steps", Data="left", PartitionKey="1")
        for _ in range(4):
            offline.advance(seconds=1, raise_errors=False)
            reporter.flush()
        reporter.stop()
    after = [" ".join(line.split(", at")[0].split()) for line in lines if ", at 00:" in line]
    left = "1 of its records again in 1 s"  # of the table's three
    assert set(after) == {left, "try 2 in 1 s", "try 3 in 2 s", "try 4 in 4 s"}


BATCHES = """
from chalice import Chalice

app = Chalice(app_name="shop")

@app.lambda_function(name="cook")
def cook(event, context):
    bad = [one["messageId"] for one in event["Records"] if one["body"] in BAD]
    return {"batchItemFailures": [{"itemIdentifier": name} for name in bad]}
"""


@pytest.mark.parametrize(
    ("bad", "heeded", "expected"),
    [
        (
            '["fugu"]',
            True,
            ["1 of its records again in 30 s", "goes to letters in 30 s"],
        ),
        ('["fugu", "chili", "soup"]', True, ["try 2 in 30 s", "goes to letters in 30 s"]),
        ('["fugu"]', False, []),
        ("[]", True, []),
    ],
)
def test_the_failed_part_of_a_batch_says_when_it_is_tried_again(
    tmp_path: Path, bad: str, heeded: bool, expected: list[str]
) -> None:
    """A queue's, by what its handler named, if its mapping heeds that; then the dead letters."""
    write_project(tmp_path, BATCHES.replace("BAD", bad))
    lines: list[str] = []
    with Offline(tmp_path, stage="dev") as offline:
        reporter = Reporter(lines.extend)
        emulator = offline.emulator
        reporter.watch(Session(emulator, emulator.registry.state("lambda", LambdaState)))
        sqs = offline.client("sqs")
        arns = {}
        for name in ("letters", "plates"):
            policy = {"deadLetterTargetArn": arns.get("letters"), "maxReceiveCount": 2}
            attributes = {"RedrivePolicy": json.dumps(policy)} if arns else {}
            url = sqs.create_queue(QueueName=name, Attributes=attributes)["QueueUrl"]
            asked = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["QueueArn"])
            arns[name] = asked["Attributes"]["QueueArn"]
        entries = [{"Id": dish, "MessageBody": dish} for dish in ("chili", "soup", "fugu")]
        sqs.send_message_batch(QueueUrl=url, Entries=entries)
        offline.client("lambda").create_event_source_mapping(
            EventSourceArn=arns["plates"],
            FunctionName="shop-dev-cook",
            FunctionResponseTypes=["ReportBatchItemFailures"] if heeded else [],
        )
        offline.advance(seconds=1)
        for _ in range(3):
            reporter.flush()
            offline.advance(seconds=30)
        reporter.stop()
    after = [" ".join(line.split(", at")[0].split()) for line in lines if ", at 00:" in line]
    assert [re.sub(r"in (29|30)[\d.]* s", "in 30 s", line) for line in after] == expected


def test_quiet_tells_of_failures_only(told: Told) -> None:
    """And of dead letters."""
    said = "\n".join(words(told.when(Level.QUIET)))
    assert "ValueError" in said
    assert "dead letter" in said
    assert "ok" not in said.split()
    assert "no rule matched" not in said


def test_verbose_tells_of_every_call(told: Told) -> None:
    """Of clients, with what became of it."""
    said = "\n".join(words(told.when(Level.VERBOSE)))
    assert "SendMessage queue orders" in said
    assert "PutEvents" in said


def test_machines_get_an_object_a_line(told: Told) -> None:
    """Runs as the console tells them, with the next try; all else by its type."""
    found = [json.loads(line) for line in told.when(as_json=True)]
    runs = [one for one in found if one["type"] == "run"]
    assert {run["name"] for run in runs} == {"cook", "echo"}
    (first, second) = [run for run in runs if run["outcome"] == "error"]
    assert first["next_try"]["dead_letters"] is None
    assert second["next_try"]["dead_letters"] == "letters"
    assert {one["type"] for one in found} == {"run", "dead_letter", "went_nowhere"}


def test_colour_is_only_where_it_is_wanted(monkeypatch: pytest.MonkeyPatch, told: Told) -> None:
    """NO_COLOR, a pipe and a dumb terminal have none."""
    assert any("\x1b[31m" in line for line in told.when(colour=True))

    class Terminal(io.StringIO):
        def isatty(self) -> bool:
            return True

    for name in ("NO_COLOR", "FORCE_COLOR"):
        monkeypatch.delenv(name, raising=False)
    monkeypatch.setenv("TERM", "xterm")
    assert wants_colour(Terminal())
    assert not wants_colour(io.StringIO())
    monkeypatch.setenv("NO_COLOR", "1")
    assert not wants_colour(Terminal())
    monkeypatch.delenv("NO_COLOR")
    monkeypatch.setenv("TERM", "dumb")
    assert not wants_colour(Terminal())


def test_more_than_anybody_reads_is_counted(told: Told) -> None:
    """The latest runs are told, and how many were left out."""
    lines: list[str] = []
    reporter = Reporter(lines.extend)
    emulator = told.offline.emulator
    session = Session(emulator, emulator.registry.state("lambda", LambdaState))
    reporter.watch(session)
    with emulator.lock:  # so that nobody reads meanwhile
        for number in range(1_000, 1_250):
            log = SimpleNamespace(lines=[])
            run: Any = SimpleNamespace(
                request_id=f"r{number}", function_name="f", log=log, sent=b"{}"
            )
            entry = RunEntry(emulator.now_ms, run, ())
            entry.number = number
            emulator.runs.take_in(entry)
            entry.ended_ms = emulator.now_ms
            emulator.runs.ended(entry, Outcome(b"null"))
    reporter.stop()
    assert lines[0] == "(200 runs more: chalice-offline runs)"
    assert len(lines) == 51


def raised(code: str, name: str) -> Exception:
    """Return what some code of a file raises."""
    try:
        exec(compile(code, name, "exec"), {})
    except Exception as error:  # noqa: BLE001 - whatever it is
        return error
    pytest.fail("it raised nothing")


def test_the_users_own_frames_come_first() -> None:
    """Frames of packages are one line; chains are kept; verbose leaves all as Python writes it."""
    code = """\
import json
try:
    json.loads('x')
except ValueError as error:
    raise KeyError('k') from error
"""
    error = raised(code, "/somewhere/app.py")
    record = logging.LogRecord("a", logging.ERROR, "", 1, "cook failed", (), None)
    record.exc_info = (type(error), error, error.__traceback__)
    text = OwnFramesFirst().format(record)
    assert text.startswith("ERROR cook failed\n")
    assert 'File "/somewhere/app.py", line 5' in text
    assert "KeyError: 'k'" in text
    assert "which followed from" in text
    assert "through json/__init__.py:" in text
    assert "raise JSONDecodeError" not in text
    assert "raise JSONDecodeError" in OwnFramesFirst(whole=True).format(record)


FACTS = {
    "project": "shop",
    "stage": "dev",
    "app_url": "http://127.0.0.1:8001",
    "app_port_taken": 8000,
    "aws_url": "http://127.0.0.1:4566",
    "routes": ["GET /"],
    "handlers": [
        {"name": "api_handler", "deployed_name": "shop-dev", "kind": "route", "source": ""},
        {"name": "cook", "deployed_name": "shop-dev-cook", "kind": "sqs", "source": "queue orders"},
        {"name": "echo", "deployed_name": "shop-dev-echo", "kind": "", "source": ""},
    ],
}


def test_the_banner_names_every_function_and_how_to_call_it() -> None:
    """With its deployed name, what it listens to, and commands that can be copied."""
    page = "\n".join(app_banner(FACTS, colour=False))
    assert "app           http://127.0.0.1:8001 (8000 is taken)" in page
    assert "  api_handler  shop-dev       <- the routes" in page
    assert "  cook         shop-dev-cook  <- queue orders" in page
    assert "  echo         shop-dev-echo  <- invoke" in page
    assert "chalice-offline invoke echo" in page  # a message's body would be the app's own
    assert "chalice-offline send queue orders BODY" in page
    assert "chalice-offline awslocal sqs list-queues" in page
    assert "\x1b" not in page


def test_a_terminal_without_the_letters_shows_the_line_at_once(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """Spelled out, and not only when the next one comes; one that is gone ends nothing."""
    shown = io.BytesIO()
    terminal = io.TextIOWrapper(shown, encoding="ascii")
    monkeypatch.setattr("sys.stdout", terminal)
    screen = Screen(Level.NORMAL, as_json=False)
    screen.write(["cooked \u00fc"])
    assert shown.getvalue() == b"cooked \\xfc\n"
    terminal.close()
    screen.write(["cooked \u00fc"])
