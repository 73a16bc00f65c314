"""Commands against a running session: what they do, answer and refuse."""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from contextlib import chdir
from typing import TYPE_CHECKING

import click
import pytest

from chalice_offline.cli import main
from chalice_offline.sessions import Note, NoteLeft, running_sessions
from tests.command_line.conftest import run_command, write_project

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.command_line.conftest import Shop


def test_invoke_runs_a_function_once(shop: Shop) -> None:
    """What it returns is unmasked JSON on standard output, its log goes to standard error."""
    result = shop.run("invoke", "echo", "--event", '{"phone": "+49 151 23456789"}')
    assert result.exit_code == 0
    assert json.loads(result.stdout) == {"phone": "+49 151 23456789"}
    assert "START RequestId" in result.stderr
    by_deployed_name = shop.json("invoke", "shop-dev-echo", "--event", '{"a": 1}')
    assert by_deployed_name["payload"] == {"a": 1}


def test_invoke_takes_events_from_wherever_they_come(shop: Shop, tmp_path: Path) -> None:
    """A file, a sample, standard input, and --set within it; by itself, what it listens to."""
    file = tmp_path / "event.json"
    file.write_text('{"from": "file"}')
    assert shop.json("invoke", "echo", "--event", str(file))["payload"] == {"from": "file"}
    assert shop.json("invoke", "echo", "--event", "-", stdin="{}")["payload"] == {}
    dish = 'Records.0.body={"dish": "soup"}'
    assert "cooking soup" in shop.json("invoke", "cook", "--event", "sqs", "--set", dish)["log"]
    assert "tick aws.events" in shop.json("invoke", "hourly")["log"]
    assert shop.json("invoke", "echo")["payload"] == {}
    settings = ("requestContext.resourcePath=/orders/{number}", 'pathParameters={"number": "7"}')
    options = [f"--set={setting}" for setting in (*settings, "requestContext.httpMethod=GET")]
    reply = shop.json("invoke", "api_handler", *options)["payload"]
    assert json.loads(reply["body"]) == {"order": "7"}


def test_invoke_shows_people_indented_json(shop: Shop) -> None:
    """At a terminal; programs have it as the function returned it."""
    ours, theirs = os.openpty()
    command = [sys.executable, "-m", "chalice_offline", "invoke", "echo", "--endpoint", shop.url]
    subprocess.run([*command, "--event", '{"a": {"b": "ü"}}'], stdout=theirs, check=True)
    os.close(theirs)
    shown = os.read(ours, 10_000).decode().splitlines()
    os.close(ours)
    assert shown == ["{", '  "a": {', '    "b": "ü"', "  }", "}"]
    assert shop.says("invoke", "echo", "--event", '{"a": 1}').splitlines()[-1] == '{"a": 1}'


def test_a_session_is_found_in_any_encoding(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """By its folder, whose name is bytes: the command runs where these are no text in ASCII."""
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", str(tmp_path))
    folder = tmp_path / "Küche"
    folder.mkdir()
    notes = [
        NoteLeft(Note(f"http://127.0.0.1:{port}", "", directory, os.getpid()))
        for port, directory in ((1, str(folder)), (2, ""))
    ]
    ascii_only = {"LC_ALL": "C", "PYTHONUTF8": "0", "PYTHONCOERCECLOCALE": "0"}
    done = subprocess.run(
        [sys.executable, "-m", "chalice_offline", "runs"],
        cwd=folder, env=os.environ | ascii_only, capture_output=True, check=False,
    )  # fmt: skip
    for note in notes:
        note.take_away()
    assert done.returncode == 2
    assert b"nothing answers at http://127.0.0.1:1 (" in done.stderr


def test_invoke_says_by_its_status_that_the_function_failed(shop: Shop) -> None:
    """1 is the function's failure, 2 is ours."""
    result = shop.run("invoke", "echo", "--event", '{"fail": true}')
    assert result.exit_code == 1
    assert json.loads(result.stdout)["errorType"] == "KeyError"
    told = shop.json("invoke", "echo", "--event", '{"a": 1}', "--async")
    assert told["request_id"] == shop.ended_runs("echo", 2)[0]["request_id"]


def test_each_kind_of_thing_is_sent(shop: Shop, tmp_path: Path) -> None:
    """Queue, topic, bus, bucket and stream; handlers run of it."""
    menu = tmp_path / "menu.json"
    menu.write_text("{}")
    shop.says("send", "queue", "orders", '{"dish": "soup"}', "--attribute", "kind=lunch")
    shop.says("send", "topic", "news", "@" + str(menu), "--subject", "s")
    shop.says("send", "bus", "default", "-", "--source", "shop", "--type", "T", stdin='{"a": 1}')
    shop.says("send", "bucket", "menus", "lunch/menu.json", str(menu))
    answer = shop.json("send", "stream", "steps", "hello", "--key", "k")
    assert answer["shard"] == "shardId-000000000000"
    for function in ("cook", "read_news", "on_shop", "import_menu"):
        assert shop.ended_runs(function)[0]["outcome"] == "ok"
    line = shop.says("runs", "--function", "import_menu").strip()
    assert "import_menu" in line
    assert "<- bucket menus/lunch/menu.json" in line
    assert "ok" in line.split("  ")


def test_dead_letters_are_seen_and_redriven(shop: Shop) -> None:
    """Why each is there, and back it goes."""
    shop.says("send", "queue", "letters", "hello")
    assert "letters" in shop.says("queues")
    (message,) = shop.json("queues", "letters")
    assert message["body"] == "hello"
    assert message["id"] in shop.says("queues", "letters")
    answer = shop.json("redrive", "letters", "--message", message["id"], "--to", "waiting")
    assert answer["moving"] == 1
    assert [one["body"] for one in shop.json("queues", "waiting")] == ["hello"]
    assert shop.json("queues", "letters") == []
    assert shop.says("redrive", "letters") == "0 messages on the way back\n"


def test_trace_draws_a_story(shop: Shop) -> None:
    """By its number, by a request id, and by whatever is mentioned in it."""
    shop.says("send", "queue", "orders", '{"dish": "soup"}')
    run = shop.ended_runs("cook")[0]
    drawn = shop.says("trace", "soup")
    assert "SendMessage queue orders" in drawn
    assert "cook runs with 1 record" in drawn
    assert shop.says("trace", str(run["story"])) == drawn
    assert "cook runs" in shop.says("trace", run["request_id"])
    assert shop.json("trace", str(run["story"]))["story"] == run["story"]
    assert shop.refused("trace", "sou-p").endswith("nothing in the journal mentions sou-p")


def test_replay_does_it_again_as_it_was_or_changed(shop: Shop) -> None:
    """A call, and the event of a run by its request id."""
    shop.says("send", "queue", "orders", '{"dish": "soup"}')
    run = shop.ended_runs("cook")[0]
    assert json.loads(shop.says("replay", run["request_id"], "--show"))["InvocationType"] == "Event"
    answer = shop.json("replay", str(run["story"]), "--set", 'MessageBody={"dish": "rice"}')
    assert (answer["service"], answer["operation"]) == ("sqs", "SendMessage")
    shop.ended_runs("cook", 2)
    assert "cooking rice" in json.dumps(shop.json("trace", "rice"))
    shop.json("replay", str(run["story"]), "--set", "MessageBody.dish=beans")
    shop.ended_runs("cook", 3)
    assert "cooking beans" in json.dumps(shop.json("trace", "beans"))


SEED = """
tables:
  dishes:
    - {id: soup, price: 7, since: 2026-01-01, hot: true, tags: [a, null]}
objects:
  menus: {lunch.json: {soup: 7}, photo: {$file: photo.bin}}
queues: {waiting: [hello, {dish: soup}]}
topics: {news: [hello]}
streams: {steps: [hello]}
events: [{source: shop, detail_type: OrderPlaced, detail: {id: "1"}}]
secrets: {shop/key: abc}
parameters: {/shop/limit: "7"}
calls:
  - {service: sqs, operation: CreateQueue, request: {QueueName: extra}}
"""


def test_a_seed_fills_what_there_is(shop: Shop, tmp_path: Path) -> None:
    """Every part of it, and a second time over the first."""
    file = tmp_path / "seed.yaml"
    file.write_text(SEED)
    (tmp_path / "photo.bin").write_bytes(b"\x89PNG\xff")
    assert shop.json("seed", str(file)) == {"calls": 11}
    client = shop.client("dynamodb")
    item = client.get_item(TableName="dishes", Key={"id": {"S": "soup"}})["Item"]
    assert item["price"] == {"N": "7"}
    assert item["since"] == {"S": "2026-01-01"}
    assert item["tags"] == {"L": [{"S": "a"}, {"NULL": True}]}
    s3 = shop.client("s3")
    assert s3.get_object(Bucket="menus", Key="photo")["Body"].read() == b"\x89PNG\xff"
    secret = shop.client("secretsmanager").get_secret_value(SecretId="shop/key")
    assert secret["SecretString"] == "abc"
    bodies = [message["body"] for message in shop.json("queues", "waiting")]
    assert bodies == ["hello", '{"dish": "soup"}']
    file.write_text(SEED.replace("abc", "def"))
    shop.says("seed", str(file))
    secret = shop.client("secretsmanager").get_secret_value(SecretId="shop/key")
    assert secret["SecretString"] == "def"


BROKEN = {
    "no YAML": ("{a: [", "is no YAML"),
    "a text": ("hello", "must hold an object, or a list of calls"),
    "an unknown part": ("{table: {}}", "A seed has no 'table'. Did you mean tables?"),
    "no such table": ("{tables: {dishs: [{id: a}]}}", "no table dishs. Did you mean dishes?"),
    "no key": ("{tables: {dishes: [{id: a}, {name: b}]}}", "Item 2 of table dishes needs the key"),
    "a key of another type": ("{tables: {dishes: [{id: 7}]}}", "the key id, of type S"),
    "no list": ("{queues: {waiting: hello}}", 'queues waiting is "hello"; it must be a list'),
    "no such queue": ("{queues: {wating: [a]}}", "no queue wating. Did you mean waiting?"),
    "no such topic": ("{topics: {nws: [a]}}", "no topic nws"),
    "no such bus": ("{events: [{bus: x, source: a, detail_type: b}]}", "no bus x"),
    "an event without source": ("{events: [{detail_type: b}]}", 'Event 1 needs "source"'),
    "a file that is not there": ("{objects: {menus: {a: {$file: nope}}}}", "cannot be read"),
    "an operation there is not": (
        "[{service: sqs, operation: SendMesage, request: {}}]",
        "sqs has no operation SendMesage. Did you mean SendMessage",
    ),
    "a call for what is not there": (
        "[{service: dynamodb, operation: PutItem, request: {TableName: nope, Item: {}}}]",
        "Call 1: AWS answers ResourceNotFoundException",
    ),
}


def test_a_broken_seed_changes_nothing(shop: Shop, tmp_path: Path) -> None:
    """One sentence with the place in it, exit code 2; nor is what is right in the file done."""
    file = tmp_path / "seed.yaml"
    wrong = {}
    for kind, (text, sentence) in BROKEN.items():
        good = "parameters: {/shop/limit: '7'}"
        file.write_text(f"{{{good}, {text[1:]}" if text.startswith("{") else text)
        told = shop.refused("seed", str(file))
        if sentence not in told:
            wrong[kind] = told
    assert wrong == {}
    assert shop.client("ssm").describe_parameters()["Parameters"] == []


REFUSALS: dict[str, tuple[list[str], str]] = {
    "a function": (["invoke", "ecko"], "there is no function ecko. Did you mean echo"),
    "an event": (
        ["invoke", "echo", "--event", "sqz"],
        "no file, no sample and no JSON. Did you mean sqs",
    ),
    "JSON": (["invoke", "echo", "--event", "{"], "--event is no JSON: "),
    "a place": (["invoke", "cook", "--set", "Records.7.body=x"], "7 is no place in a list of 1"),
    "in a text": (
        ["invoke", "echo", "--event", '{"a": "hi"}', "--set", "a.b=x"],
        "b is inside a text that is no JSON",
    ),
    "a member": (["invoke", "cook", "--set", "Recrods.0.body=x"], "Did you mean Records?"),
    "a queue": (["send", "queue", "ordres", "x"], "no queue ordres. Did you mean orders?"),
    "a topic": (["send", "topic", "nws", "x"], "no topic nws. Did you mean news?"),
    "a bus": (["send", "bus", "x", "--source", "a", "--type", "b"], "no bus x"),
    "a detail": (
        ["send", "bus", "default", "[]", "--source", "a", "--type", "b"],
        "DETAIL must be a JSON object",
    ),
    "a bucket": (["send", "bucket", "menu", "k", "t", "--text"], "Did you mean menus?"),
    "a key": (["send", "bucket", "menus", "", "t", "--text"], '"key" is empty'),
    "nothing": (["trace", " "], "say what to look for"),
    "a file": (["send", "bucket", "menus", "k", "/nope"], "/nope cannot be read"),
    "a stream": (["send", "stream", "stps", "x"], "no stream stps. Did you mean steps?"),
    "an attribute": (["send", "queue", "orders", "x", "--attribute", "a"], "is not NAME=VALUE"),
    "messages": (["queues", "lettres"], "no queue lettres. Did you mean letters?"),
    "a redrive": (["redrive", "lettres"], "no queue lettres"),
    "an entry": (["replay", "99999"], "The journal has no entry 99999"),
    "a run": (["replay", "no-such-run"], "There is no run no-such-run"),
    "runs": (["runs", "--function", "ecko"], "There is no function ecko. Did you mean echo"),
    "a seed file": (["seed", "/nope.yaml"], "/nope.yaml cannot be read"),
}


def test_what_cannot_be_is_one_sentence(shop: Shop) -> None:
    """Exit code 2, the nearest names, nothing on standard output, nothing run or sent."""
    wrong = {}
    for kind, (arguments, sentence) in REFUSALS.items():
        told = shop.refused(*arguments)
        if sentence not in told:
            wrong[kind] = told
    assert wrong == {}
    assert shop.session.aws.emulator.runs.count == 0


def test_runs_are_followed_as_they_end(shop: Shop) -> None:
    """With --json a line each; what is not asked for is left out."""
    shop.says("invoke", "echo")
    shop.says("invoke", "echo", "--event", "{}")
    lines = shop.says("runs", "-n", "1", "--function", "echo").splitlines()
    assert len(lines) == 1
    assert shop.run("invoke", "echo", "--event", '{"fail": true}').exit_code == 1
    (failed,) = shop.json("runs", "--failed")
    assert failed["error"] == "KeyError: 'asked to fail'"
    assert "KeyError: 'asked to fail'" in shop.says("runs", "--text", "asked")


def test_a_command_finds_the_session_of_its_folder(shop: Shop, tmp_path: Path) -> None:
    """Without --endpoint; the note goes when the session ends."""
    inside = tmp_path / "chalicelib"
    inside.mkdir()
    with chdir(inside):
        result = run_command("queues", "--json")
    assert result.exit_code == 0
    assert {queue["name"] for queue in json.loads(result.stdout)} >= {"orders", "letters"}
    (note,) = [note for note in running_sessions() if note.aws_url == shop.url]
    assert (note.project, note.stage, note.pid) == ("shop", "dev", os.getpid())
    assert note.directory == str(tmp_path)


def test_nothing_that_runs_is_one_sentence(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """Nobody there, or somebody else."""
    monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
    result = run_command("runs")
    assert result.exit_code == 2
    assert result.stderr.startswith("chalice-offline: nothing runs here: start `chalice-offline")
    result = run_command("runs", "--endpoint", "http://127.0.0.1:1")
    assert result.exit_code == 2
    assert result.stderr.startswith("chalice-offline: nothing answers at http://127.0.0.1:1 (")
    assert len(result.stderr.splitlines()) == 1


def test_what_is_no_session_is_said_to_be_none(shop: Shop) -> None:
    """The app's own port, an address that is none."""
    for address, sentence in (
        (shop.session.http_server.url, "is no session of chalice-offline"),
        ("http://[::1", "is no address"),
        ("ftp://x", "it begins with neither http:// nor https://"),
    ):
        result = run_command("queues", "--endpoint", address)
        assert result.exit_code == 2
        assert sentence in result.stderr
        assert len(result.stderr.splitlines()) == 1


def test_another_projects_session_is_not_meant(
    shop: Shop, tmp_path_factory: pytest.TempPathFactory
) -> None:
    """In a project that does not run, a reset must not empty the only session there is."""
    other = tmp_path_factory.mktemp("other")
    write_project(other)
    with chdir(other):
        result = run_command("reset")
    assert result.exit_code == 2
    assert "no session of this project runs" in result.stderr or "several" in result.stderr
    assert shop.json("queues")


def test_an_unknown_command_is_told_with_the_nearest() -> None:
    """As names of resources are."""
    result = run_command("invok")
    assert result.exit_code == 2
    assert result.stderr == "chalice-offline: there is no command invok. Did you mean invoke?\n"


def test_state_is_saved_once(shop: Shop, tmp_path: Path) -> None:
    """Never over a file that is there."""
    file = tmp_path / "kept.state"
    assert shop.json("state", "save", str(file)) == {"saved": str(file)}
    assert "is there already; it was left as it is" in shop.refused("state", "save", str(file))


def test_every_command_shows_examples() -> None:
    """--help ends with commands that can be copied."""
    for names in names_of_commands(main):
        result = run_command(*names, "--help")
        assert result.exit_code == 0
        examples = result.stdout.partition("Examples:\n")[2]
        assert f"  chalice-offline {' '.join(names)}" in examples, names


def names_of_commands(group: click.Group) -> Iterator[list[str]]:
    """Give every command of a group, and those of the groups in it."""
    for name, command in group.commands.items():
        yield [name]
        if isinstance(command, click.Group):
            yield from ([name, *further] for further in names_of_commands(command))


@pytest.mark.parametrize("names", [[], ["send"], ["state"]])
def test_a_group_alone_shows_its_help(names: list[str]) -> None:
    """In lines, as --help does, and not as a sentence."""
    alone, asked = run_command(*names), run_command(*names, "--help")
    assert alone.exit_code == 2
    assert alone.stderr == asked.stdout
    assert "..." not in asked.stdout.partition("Commands:")[2]  # each command's line is whole


def test_an_upload_that_came_in_a_file_is_not_done_again(shop: Shop) -> None:
    """Nobody kept the file."""
    shop.client("s3").put_object(Bucket="menus", Key="large", Body=b"x" * 5_000_000)
    story = shop.ended_runs("import_menu")[0]["story"]
    assert "was too long to be kept whole" in shop.refused("replay", str(story))


def test_redriving_what_is_no_dead_letter_queue_is_refused(shop: Shop) -> None:
    """Also when it is empty; of one that is empty, nothing is brought back."""
    told = shop.refused("redrive", "waiting")
    assert "Source queue must be configured as a Dead Letter Queue" in told
    assert shop.json("redrive", "letters") == {"moving": 0}
    told = shop.refused("redrive", "orders")
    assert "orders holds no dead letters; those of orders are in letters." in told
