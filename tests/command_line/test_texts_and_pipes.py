"""What commands read and write: pipes that close, bytes that are no text, sessions that end."""

from __future__ import annotations

import http.server
import json
import os
import signal
import subprocess
import sys
import threading
from contextlib import contextmanager
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.commands.running import Running
from tests.command_line.conftest import run_command, wait_until

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.command_line.conftest import Shop

WAIT_SECONDS = 30


class Following:
    """A command that goes on, in a process of its own."""

    def __init__(self, *arguments: str) -> None:
        self.lines: list[str] = []
        self.process = subprocess.Popen(
            [sys.executable, "-m", "chalice_offline", *arguments],
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )
        self._reader = threading.Thread(target=self._read)
        self._reader.start()

    def _read(self) -> None:
        assert self.process.stdout is not None
        for line in self.process.stdout:
            self.lines.append(line)

    def end(self) -> tuple[int, str]:
        """Wait for its end; return its status and what it said of it."""
        status = self.process.wait(WAIT_SECONDS)
        self._reader.join(WAIT_SECONDS)
        assert self.process.stdout is not None
        assert self.process.stderr is not None
        told = self.process.stderr.read()
        self.process.stdout.close()
        self.process.stderr.close()
        return status, told


@pytest.fixture
def follow(shop: Shop) -> Iterator[Any]:
    """Begin to follow runs."""
    begun: list[Following] = []

    def begin(*arguments: str) -> Following:
        begun.append(Following("runs", "--follow", "--endpoint", shop.url, *arguments))
        return begun[-1]

    yield begin
    for one in begun:
        if one.process.poll() is None:
            one.process.kill()
            one.end()


def test_runs_are_followed_until_ctrl_c(shop: Shop, follow: Any) -> None:
    """Each once, as it ends; the status is that of an interrupt, and nothing is said."""
    shop.says("invoke", "echo")
    following = follow("--json")
    wait_until(lambda: len(following.lines) == 1, "the run of before")
    shop.says("invoke", "echo", "--event", '{"n": 1}')
    shop.says("invoke", "hourly")
    wait_until(lambda: len(following.lines) == 3, "two runs more")
    following.process.send_signal(signal.SIGINT)
    status, told = following.end()
    assert (status, told.strip()) == (130, "")
    names = [json.loads(line)["name"] for line in following.lines]
    assert names == ["echo", "echo", "hourly"]


def test_a_burst_is_followed_whole(shop: Shop, follow: Any) -> None:
    """More than a piece of the feed holds: no run of it is left out, none is told twice."""
    following = follow("--json", "-n", "1")
    console = shop.session.aws.now.console
    wait_until(lambda: (made := console._families) and made.live.readers, "the reader")
    lambda_ = shop.client("lambda")
    for _ in range(301):
        lambda_.invoke(FunctionName="shop-dev-echo", InvocationType="Event", Payload=b"{}")
    wait_until(lambda: len(following.lines) >= 301, "all runs")
    entries = [json.loads(line)["entry"] for line in following.lines]
    assert len(set(entries)) == len(entries) == 301


def test_following_goes_on_after_a_reset_and_ends_with_the_session(shop: Shop, follow: Any) -> None:
    """Numbers begin anew, and runs under the same numbers are told; then there is nobody."""
    shop.says("invoke", "echo", "--event", '{"n": 1}')
    following = follow("--json")
    wait_until(lambda: len(following.lines) == 1, "the run of before")
    shop.says("reset")
    shop.says("invoke", "hourly")
    wait_until(lambda: len(following.lines) == 2, "the run after the reset")
    assert [json.loads(line)["name"] for line in following.lines] == ["echo", "hourly"]
    shop.session.stop()
    status, told = following.end()
    assert (status, told) == (0, "the session has ended\n")


@pytest.mark.parametrize("arguments", [["runs", "--follow"], ["runs", "--follow", "--json"]])
def test_who_follows_ends_with_its_reader(shop: Shop, arguments: list[str]) -> None:
    """`… | head -1`: also when nothing more is written that would tell it."""
    shop.says("invoke", "echo")
    ours, theirs = os.pipe()
    process = subprocess.Popen(
        [sys.executable, "-m", "chalice_offline", *arguments, "--endpoint", shop.url],
        stdout=theirs, stderr=subprocess.PIPE, text=True,
    )  # fmt: skip
    os.close(theirs)
    assert os.read(ours, 1)
    os.close(ours)
    _, told = process.communicate(timeout=WAIT_SECONDS)
    assert (process.returncode, told) == (141, "")


@pytest.mark.parametrize(
    "arguments",
    [["runs"], ["runs", "--json"], ["queues"], ["events", "sqs"], ["doctor"], ["--help"],
     ["trace", "echo"], ["invoke", "echo"], ["nope"]],
)  # fmt: skip
def test_a_pipe_that_nobody_reads_is_no_failure(shop: Shop, arguments: list[str]) -> None:
    """No traceback, and the status that a shell knows for it."""
    shop.says("invoke", "echo")
    ours, theirs = os.pipe()
    os.close(ours)
    done = subprocess.run(
        [sys.executable, "-m", "chalice_offline", *arguments],
        env=os.environ | {"CHALICE_OFFLINE_ENDPOINT": shop.url},
        stdout=theirs, stderr=subprocess.PIPE, text=True, check=False,
    )  # fmt: skip
    os.close(theirs)
    assert "Traceback" not in done.stderr
    assert "Exception ignored" not in done.stderr
    assert done.returncode == (2 if arguments == ["nope"] else 141)


def test_a_text_is_shown_in_any_encoding(shop: Shop) -> None:
    """Letters that it has not got are spelled out, in JSON as JSON does."""
    event = {"dish": "crème 🍣", "half": "\ud800"}
    shop.client("lambda").invoke(FunctionName="shop-dev-echo", Payload=json.dumps(event))
    shop.says("send", "queue", "waiting", "crème 🍣")
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    for encoding in (ascii_only, {"PYTHONIOENCODING": "latin-1"}, {"PYTHONUTF8": "1"}):
        for command in (["runs", "--json"], ["trace", "echo"], ["queues", "waiting"]):
            done = subprocess.run(
                [sys.executable, "-m", "chalice_offline", *command, "--endpoint", shop.url],
                env=os.environ | encoding, capture_output=True, check=False,
            )  # fmt: skip
            assert (done.returncode, done.stderr) == (0, b""), (encoding, command)
        shown = subprocess.run(
            [sys.executable, "-m", "chalice_offline", "replay", "--show", "--endpoint", shop.url,
             str(shop.json("runs")[0]["entry"])],
            env=os.environ | encoding, capture_output=True, check=True,
        )  # fmt: skip
        text = shown.stdout.decode("latin-1" if "PYTHONIOENCODING" in encoding else "utf-8")
        assert json.loads(json.loads(text)["Payload"]) == event


def test_bytes_that_are_no_text_are_refused(shop: Shop, tmp_path: Path) -> None:
    """On standard input as in a file; a bucket takes them."""
    for command in (["send", "queue", "orders", "-"], ["invoke", "echo", "--event", "-"],
                    ["replay", "1", "--request", "-"]):  # fmt: skip
        done = subprocess.run(
            [sys.executable, "-m", "chalice_offline", *command, "--endpoint", shop.url],
            input=b"\xff\xfe", capture_output=True, check=False,
        )  # fmt: skip
        assert done.returncode == 2, done.stderr
        assert b"standard input is no text in UTF-8 (byte 0)" in done.stderr
    file = tmp_path / "bytes"
    file.write_bytes(b"\xff\xfe")
    assert "is no text in UTF-8" in shop.refused("send", "queue", "orders", f"@{file}")
    shop.says("send", "bucket", "menus", "bytes", str(file))


def test_a_large_file_is_put_into_a_bucket(shop: Shop, tmp_path: Path) -> None:
    """Larger than any JSON body; keys of every kind. What is too large elsewhere says so."""
    file = tmp_path / "film"
    file.write_bytes(b"x" * 30_000_000)
    for key in ("a/../film 🍣?#%2F", "film"):
        assert shop.json("send", "bucket", "menus", key, str(file))["bytes"] == 30_000_000
        head = shop.client("s3").head_object(Bucket="menus", Key=key)
        assert head["ContentLength"] == 30_000_000
    assert "Did you mean menus" in shop.refused("send", "bucket", "menu", "film", str(file))
    assert '"key" is empty' in shop.refused("send", "bucket", "menus", "", str(file))
    sentence = shop.refused("send", "queue", "waiting", f"@{file}")
    assert "too big" in sentence


def test_an_event_is_a_file_a_sample_or_any_json(shop: Shop) -> None:
    """A number, true, null, too; what is none of it is named, however long it is."""
    for text in ("5", "null", "true", '"a"', "[1]"):
        assert shop.run("invoke", "hourly", "--event", text).exit_code == 1  # it ran, and failed
    sentence = shop.refused("invoke", "echo", "--event", "hello " * 2_000)
    assert "is no file, no sample and no JSON" in sentence
    assert len(sentence) < 300
    assert "Did you mean sqs" in shop.refused("invoke", "echo", "--event", "sqss")


def test_what_is_set_in_a_text_is_the_text(shop: Shop) -> None:
    """As it was typed: nobody's 1.50 becomes 1.5."""
    for given in ("1.50", "1e3", "true", "007", '{"price":  1.50}'):
        event = shop.json("invoke", "echo", "--event", '{"body": "x"}', f"--set=body={given}")
        assert event["payload"] == {"body": given}
    changed = shop.json("invoke", "echo", "--event", '{"n": 1}', "--set", "n=1.5")
    assert changed["payload"] == {"n": 1.5}
    assert "is no place in a list" in shop.refused(
        "invoke", "echo", "--event", '{"a": [1]}', "--set", "a.²=1"
    )


SEEDS = {
    "a date that there is not": ("queues: {orders: [2026-13-45]}", "is no YAML"),
    "a list that holds itself": ("queues: {orders: &a [*a]}", "holds itself"),
    "what is no number": ("queues: {orders: [.nan]}", "is nothing that JSON has"),
    "a set": ("queues: {orders: [!!set {a}]}", "is nothing that JSON has"),
    "a part called self": ("self: 1", "A seed has no 'self'"),
    "half a letter": ('queues: {orders: ["\\ud800"]}', ""),
    "a key that is null": ("tables: {dishes: [{null: 1}]}", "needs the key id"),
}


@pytest.mark.parametrize(("text", "sentence"), SEEDS.values(), ids=SEEDS)
def test_an_odd_seed_is_refused_in_a_sentence(
    shop: Shop, tmp_path: Path, text: str, sentence: str
) -> None:
    """And changes nothing."""
    file = tmp_path / "seed.yaml"
    file.write_text(text)
    assert sentence in shop.refused("seed", str(file))
    assert shop.session.aws.emulator.runs.count == 0


def test_a_date_may_be_a_name_in_a_seed(shop: Shop, tmp_path: Path) -> None:
    """YAML reads it as a date; the key of an object is how it was written."""
    file = tmp_path / "seed.yaml"
    file.write_text("objects: {menus: {2026-01-31: soup}}")
    shop.says("seed", str(file))
    listed = shop.client("s3").list_objects_v2(Bucket="menus")["Contents"]
    assert [one["Key"] for one in listed] == ["2026-01-31"]


@pytest.mark.parametrize("text", ["²", "9" * 30, "nothing mentions this"])
def test_what_nothing_mentions_is_refused_in_json_as_well(shop: Shop, text: str) -> None:
    """One sentence, exit code 2."""
    for options in ([], ["--json"]):
        assert f"nothing in the journal mentions {text}" in shop.refused("trace", text, *options)
    assert shop.refused("replay", text)


class _Other(http.server.BaseHTTPRequestHandler):
    """A development server, which answers every path with its page; or hangs up."""

    def do_GET(self) -> None:
        if "queues" in self.path:
            self.connection.close()
            return
        self.send_response(200)
        self.send_header("content-type", "text/html")
        self.send_header("content-length", "100" if "functions" in self.path else "14")
        self.end_headers()
        self.wfile.write(b"<html></html>\n")

    def log_message(self, *_: Any) -> None:
        pass


class _Json(_Other):
    """A server of somebody's own, which answers every path with JSON."""

    answer = b""

    def do_GET(self) -> None:
        self.send_response(200)
        self.send_header("content-type", "application/json")
        self.send_header("content-length", str(len(self.answer)))
        self.end_headers()
        self.wfile.write(self.answer)


@contextmanager
def somebody_else(handler: type[_Other]) -> Iterator[str]:
    """A server that is no session; its address."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), handler)
    thread = threading.Thread(target=server.serve_forever)
    thread.start()
    try:
        yield f"http://127.0.0.1:{server.server_port}"
    finally:
        server.shutdown()
        thread.join()
        server.server_close()


@pytest.mark.parametrize("answer", [b"{}", b"[]", b"null"])
@pytest.mark.parametrize("command", ["runs", "queues", "invoke echo", "reset sqs"])
def test_json_of_somebody_else_is_said_to_be_that(
    command: str, answer: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Not by a traceback; and who completes shows nothing."""
    with somebody_else(type("_", (_Json,), {"answer": answer})) as url:
        result = run_command(*command.split(), "--endpoint", url)
        assert result.exit_code == 2
        (line,) = result.stderr.splitlines()
        assert f"{url} is no session of chalice-offline" in line
        monkeypatch.setenv("CHALICE_OFFLINE_ENDPOINT", url)
        monkeypatch.setenv("_CHALICE_OFFLINE_COMPLETE", "bash_complete")
        monkeypatch.setenv("COMP_WORDS", f"chalice-offline {command.split()[0]} ")
        monkeypatch.setenv("COMP_CWORD", "2")
        completed = run_command()
        assert (completed.exception, completed.stdout.strip()) == (None, "")


@pytest.mark.parametrize(
    ("command", "sentence"),
    [
        (["runs"], "is no session of chalice-offline"),
        (["queues"], "ended before its answer was whole"),
        (["invoke", "echo"], "ended before its answer was whole"),
    ],
)
def test_what_answers_otherwise_is_said_to_be_none(command: list[str], sentence: str) -> None:
    """A page for every path, half an answer, none at all."""
    with somebody_else(_Other) as url:
        result = run_command(*command, "--endpoint", url)
    assert result.exit_code == 2
    (line,) = result.stderr.splitlines()
    assert sentence in line


def test_a_session_that_hangs_is_not_waited_for(shop: Shop) -> None:
    """By who asks for a moment only: a shell that completes, the doctor."""
    with shop.session.aws.emulator.lock:
        result = run_command("--help")
        assert result.exit_code == 0
        with pytest.raises(Exception, match="nothing answers at"):
            Running(shop.url, 0.2).get("functions")


def test_who_completes_asks_the_session_that_is_named(
    shop: Shop, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By --endpoint or the variable, wherever one is."""
    monkeypatch.setenv("CHALICE_OFFLINE_ENDPOINT", shop.url)
    words = {"_CHALICE_OFFLINE_COMPLETE": "bash_complete", "COMP_CWORD": "2"}
    for name, text in (words | {"COMP_WORDS": "chalice-offline invoke hou"}).items():
        monkeypatch.setenv(name, text)
    assert "plain,hourly" in run_command().stdout
