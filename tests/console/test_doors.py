"""The console's JSON doors, on a project in virtual time."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.composition import compose
from chalice_offline.core.context import Caller
from chalice_offline.drivers.virtual import VirtualDriver
from chalice_offline.storage import SqliteStorage

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.console.conftest import Shop


def test_runs_are_listed_newest_first_with_what_they_were_for(shop: Shop) -> None:
    """Function, source, try, outcome, request id, story, error; secrets in it are masked."""
    shop.order("soup")
    shop.order("fugu")
    runs = shop.get("runs")["runs"]
    assert [(run["name"], run["source"], run["try"], run["outcome"]) for run in runs] == [
        ("cook", "orders", 2, "error"),
        ("cook", "orders", 1, "error"),
        ("api_handler", "POST /orders", 1, "ok"),
        ("cook", "orders", 1, "ok"),
        ("api_handler", "POST /orders", 1, "ok"),
    ]
    assert runs[0]["error"] == "ValueError: no licence for fugu, key=***"
    assert runs[0]["story"] == runs[2]["story"] != runs[3]["story"]
    assert shop.get(f"runs/{runs[1]['request_id']}") == runs[1]
    assert shop.get(f"runs/{runs[1]['entry']}") == runs[1]


def test_runs_come_in_pages_and_by_what_is_asked(shop: Shop) -> None:
    """`before`, `limit`, `function`, `outcome`, `text`."""
    shop.order("soup")
    shop.order("fugu")
    first = shop.get("runs?limit=2")["runs"]
    rest = shop.get(f"runs?before={first[-1]['entry']}")["runs"]
    assert len(first) == 2
    assert [*first, *rest] == shop.get("runs")["runs"]
    assert {run["name"] for run in shop.get("runs?outcome=failed")["runs"]} == {"cook"}
    assert len(shop.get("runs?function=api_handler")["runs"]) == 2
    assert len(shop.get("runs?text=FUGU")["runs"]) == 2


def test_a_story_holds_payloads_lines_and_tracebacks(shop: Shop) -> None:
    """From the request to the dead letter."""
    shop.order("fugu")
    story = shop.get(f"stories/{shop.get('runs')['runs'][0]['story']}")
    told = [story["steps"][0]]
    while told[-1]["steps"]:
        told.append(told[-1]["steps"][0])
    assert [step["kind"] for step in told] == ["call", "delivery", "run", "call", "run"]
    tries = told[3]["steps"]
    assert [(step["kind"], step["run"]["try"]) for step in tries] == [("run", 1), ("run", 2)]
    assert [step["kind"] for step in tries[1]["steps"]] == ["note"]
    assert told[0]["words"] == "POST /orders → 200"
    assert told[0]["detail"]["body"] == '{"dish": "fugu"}'
    failed = told[4]["run"]
    assert [text for _, text in failed["lines"] if "cooking" in text] == ["cooking fugu\n"]
    assert 'raise ValueError("no licence' in failed["traceback"][-1]
    assert "sk_live" not in json.dumps(story)
    drawn = shop.send("GET", f"stories/{story['story']}/text").body.decode()
    assert "sqs.DeadLetter" in drawn


def test_a_story_without_end_is_told_in_pieces(shop: Shop) -> None:
    """Steps below each other, as in a loop of events: more than Python or a page nests."""
    emulator = shop.offline.emulator
    first = latest = emulator.enter("note", "step", {"number": 0}, ())
    for number in range(1, 1_200):
        latest = emulator.enter("note", "step", {"number": number}, (latest,))
    story = shop.get(f"stories/{first}")
    waiting = list(story["steps"])
    for step in waiting:  # it grows meanwhile
        waiting += step["steps"]
    assert (len(waiting), story["left_out"]) == (1_200, 0)
    drawn = shop.send("GET", f"stories/{first}/text").body.decode()
    assert drawn.count("step (number") == 1_200
    assert max(map(len, drawn.splitlines())) < 300
    assert "goes on at +0 ms, below" in drawn


def test_stories_are_found_by_a_text(shop: Shop) -> None:
    """What a story began with is told, newest first."""
    shop.order("soup")
    shop.order("fugu")
    found = shop.get("stories?text=fugu")["stories"]
    assert [story["words"] for story in found] == ["POST /orders → 200"]
    assert shop.get("stories?limit=1")["stories"] == found


def test_queues_are_looked_into_without_receiving(shop: Shop) -> None:
    """Depths, messages where they are, and the error that brought a dead letter there."""
    shop.order("fugu")
    queues = {queue["name"]: queue for queue in shop.get("queues")["queues"]}
    assert queues["letters"]["visible"] == queues["orders"]["dead_lettered"] == 1
    assert queues["letters"]["dead_letters_of"] == [queues["orders"]["arn"]]
    (letter,) = shop.get("queues/letters/messages")["messages"]
    assert letter["why"]["error"] == "ValueError: no licence for fugu, key=***"
    assert letter["place"] == "visible"
    assert letter["receive_count"] == 2
    again = shop.get("queues/letters/messages")["messages"]
    assert again == [letter]


def test_messages_are_sent_redriven_and_purged(shop: Shop) -> None:
    """One letter, or all; through the kernel, so handlers run again."""
    shop.post("queues/orders/send", {"body": '{"dish": "fugu"}'})
    shop.post("queues/orders/send", {"body": '{"dish": "fugu"}', "attributes": {"table": 4}})
    shop.post("time/settle")
    letters = shop.get("queues/letters/messages")["messages"]
    assert len(letters) == 2
    assert letters[1]["attributes"]["table"] == {"DataType": "Number", "StringValue": "4"}
    moved = shop.post("queues/letters/redrive", {"message": letters[0]["id"]})
    assert moved["to"].endswith(":orders")
    assert shop.get("queues/letters/messages")["messages"] == letters[1:]
    shop.post("time/settle")
    assert shop.post("queues/letters/redrive") == {"moving": 2}
    shop.post("time/settle")
    assert len(shop.get("runs?function=cook&outcome=error")["runs"]) == 10
    assert shop.post("queues/letters/purge") == {"purged": 2}
    assert shop.get("queues/letters/messages")["messages"] == []


def test_functions_are_invoked_with_an_event(shop: Shop) -> None:
    """The answer holds what Invoke answers: the payload, the error, the log."""
    assert shop.post("functions/echo/invoke", {"event": {"a": 1}})["payload"] == {"a": 1}
    failed = shop.post("functions/shop-dev-echo/invoke", {"event": {"fail": True}})
    assert failed["error"] == "Unhandled"
    assert failed["payload"]["errorType"] == "KeyError"
    assert any("KeyError" in line for line in failed["log"])
    assert shop.post("functions/echo/invoke", {"type": "Event"}) == {"status": 202}
    (echo,) = [one for one in shop.get("functions")["functions"] if one["name"] == "echo"]
    assert (echo["invocations"], echo["errors"]) == (2, 1)


def test_topics_buses_and_their_listeners(shop: Shop) -> None:
    """Publishing reaches the handlers."""
    (topic,) = shop.get("topics")["topics"]
    assert topic["subscriptions"][0]["protocol"] == "lambda"
    shop.post("topics/news/publish", {"message": "fresh bread", "subject": "today"})
    shop.post("buses/default/put", {"source": "shop", "detail_type": "opened", "detail": {"n": 1}})
    shop.post("time/settle")
    assert {run["name"]: run["source"] for run in shop.get("runs")["runs"]} == {
        "read_news": "news",
        "on_shop": "shop: opened",
    }


def test_schedules_say_when_they_are_next_and_fire_now(shop: Shop) -> None:
    """Firing changes nothing of when it is due next."""
    (schedule,) = shop.get("schedules")["schedules"]
    assert schedule["next_ms"] == shop.get("time")["now_ms"] + 3_600_000
    shop.post(f"schedules/{schedule['name']}/fire")
    shop.post("time/settle")
    (run,) = shop.get("runs")["runs"]
    assert (run["name"], run["source_kind"]) == ("hourly", "schedule")
    assert shop.get("schedules")["schedules"] == [schedule]
    shop.post("time/advance", {"hours": 2})
    assert len(shop.get("runs?function=hourly")["runs"]) == 3


def test_an_object_is_shown_whatever_its_key_is_and_wherever_its_text_is_cut(shop: Shop) -> None:
    """A browser turns a path with ".." into another; 64 KiB end in the middle of an é."""
    shop.post("buckets/menus/put", {"key": "../../secrets", "text": "x" + "é" * 40_000})
    shown = shop.get("buckets/menus/object?key=..%2F..%2Fsecrets")
    assert shown["key"] == "../../secrets"
    assert shown["text"] == "x" + "é" * 32_767
    assert (shown["shown_bytes"], shown["size"]) == (65_536, 80_001)
    assert shop.refused("GET", "buckets/menus/object") == (
        400,
        "?key= is empty; an object has one.",
    )


def test_buckets_tables_and_streams_are_read_and_written(shop: Shop) -> None:
    """What was put is shown, masked."""
    shop.post("buckets/menus/put", {"key": "a/b.txt", "text": "password=hunter2"})
    assert [one["key"] for one in shop.get("buckets/menus/objects")["objects"]] == ["a/b.txt"]
    assert shop.get("buckets/menus/objects/a/b.txt")["text"] == "password=***"
    shop.post("tables/dishes/put", {"item": {"id": {"S": "soup"}, "token": {"S": "x"}}})
    items = shop.get("tables/dishes/items")["items"]
    assert items == [{"id": {"S": "soup"}, "token": {"S": "***"}}]
    assert shop.get("tables")["tables"][0]["keys"] == ["id"]
    shop.post("streams/steps/put", {"data": "one"})
    shop.post("streams/steps/put", {"data": "two"})
    assert [one["data"] for one in shop.get("streams/steps/records")["records"]] == ["two", "one"]


def test_a_request_is_replayed_as_it_was_or_edited(shop: Shop) -> None:
    """What is masked in what is edited stays what it was."""
    body = {"dish": "soup", "token": "abc"}
    shop.offline.http.post("/orders", json=body)
    shop.offline.settle()
    story = shop.get("runs")["runs"][0]["story"]
    request = shop.get(f"replay/{story}")["request"]
    assert json.loads(request["body"]) == {"dish": "soup", "token": "***"}
    assert shop.post(f"replay/{story}")["answer"]["statusCode"] == 200
    edited = {**request, "body": request["body"].replace("soup", "stew")}
    shop.post(f"replay/{story}", {"request": edited})
    shop.post("time/settle")
    sent = [
        json.loads(entry.detail["MessageBody"])
        for entry in shop.offline.journal.entries()
        if entry.subject == "sqs.SendMessage"
    ]
    assert sent == [body, body, {**body, "dish": "stew"}]


def test_a_request_is_replayed_with_other_header_fields(shop: Shop) -> None:
    """One that is changed and one that is new: the page sends both as lists."""
    shop.offline.http.post("/orders", json={"dish": "soup"}, headers={"X-Table": "4"})
    shop.offline.settle()
    story = shop.get("runs")["runs"][0]["story"]
    request = shop.get(f"replay/{story}")["request"]
    kept = [pair for pair in request["headers"] if pair[0] != "X-Table"]
    edited = {**request, "headers": [*kept, ["X-Table", "5"], ["X-Waiter", "Ada"]]}
    assert shop.post(f"replay/{story}", {"request": edited})["answer"]["statusCode"] == 200
    runs = [entry for entry in shop.offline.journal.entries() if entry.kind == "run"]
    events = [json.loads(run.detail["payload"]) for run in runs]
    sent = [event["headers"] for event in events if "httpMethod" in event]
    found = [[fields.get(name) for name in ("X-Table", "X-Waiter")] for fields in sent]
    assert found == [["4", None], ["5", "Ada"]]


def test_a_runs_event_is_replayed(shop: Shop) -> None:
    """The event of a run invokes its function once more."""
    shop.post("topics/news/publish", {"message": "bread"})
    shop.post("time/settle")
    shop.post(f"replay/{shop.get('runs')['runs'][0]['entry']}")
    shop.post("time/settle")
    assert [run["source"] for run in shop.get("runs")["runs"]] == ["news", "news"]


def test_stories_become_tests_that_pass(shop: Shop) -> None:
    """Whatever began them: a request, a message, an event, an object, a record, the time of day."""
    raw = bytes(range(256))
    offline = shop.offline
    (schedule,) = shop.get("schedules")["schedules"]
    began: dict[str, Callable[[], Any]] = {
        "no fugu": lambda: shop.order("fugu"),
        "queue": lambda: shop.post("queues/orders/send", {"body": '{"dish": "soup"}'}),
        "topic": lambda: shop.post("topics/news/publish", {"message": 'it\'s "new"\n\t\\'}),
        "bus": lambda: shop.post("buses/default/put", {"source": "shop", "detail_type": "Order"}),
        "object": lambda: offline.client("s3").put_object(Bucket="menus", Key="k", Body=raw),
        "record": lambda: offline.client("kinesis").put_record(
            StreamName="steps", Data=raw, PartitionKey="1"
        ),
        "function": lambda: shop.post("functions/echo/invoke", {"event": {"fail": True}}),
        "fired": lambda: shop.post(f"schedules/{schedule['name']}/fire"),
        "schedule": lambda: shop.post("time/advance", {"hours": 1}),
        "fault": lambda: (
            shop.post("faults", {"kind": "error", "target": "cook", "times": 1, "code": "Burnt"}),
            shop.order("soup"),
        ),
    }
    for name, begin in began.items():
        begin()
        shop.post("time/settle")
        story = shop.get("stories?limit=1")["stories"][0]["story"]
        saved = shop.post(f"stories/{story}/test", {"name": name})
        assert not saved["masked"]
        assert saved["file"] == f"test_{name.replace(' ', '_')}.py"
        (shop.directory / saved["file"]).write_text(saved["text"])
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    ended = subprocess.run(
        command, cwd=shop.directory, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stdout
    assert f"{len(began)} passed" in ended.stdout
    assert "hourly" in (shop.directory / "test_schedule.py").read_text()


def test_an_upload_is_replayed_as_what_it_is(shop: Shop) -> None:
    """SDKs send it in chunks; what is done again is the content. What was cut is not done again."""
    s3 = shop.offline.client("s3")
    s3.put_object(Bucket="menus", Key="k", Body=b"soup")
    story = shop.get("stories?limit=1")["stories"][0]["story"]
    assert shop.get(f"replay/{story}")["request"]["Body"] == "soup"
    s3.put_object(Bucket="menus", Key="digest", Body=b"SHA-256 stands in it")
    about = shop.get("stories?limit=1")["stories"][0]["story"]
    assert shop.get(f"replay/{about}")["request"]["Body"] == "SHA-256 stands in it"
    s3.delete_object(Bucket="menus", Key="k")
    shop.post(f"replay/{story}")
    assert s3.get_object(Bucket="menus", Key="k")["Body"].read() == b"soup"
    assert "Body=b'soup'" in shop.post(f"stories/{story}/test")["text"]
    s3.put_object(Bucket="menus", Key="large", Body=b"x" * 400_000)
    story = shop.get("stories?limit=1")["stories"][0]["story"]
    refused = shop.refused("POST", f"stories/{story}/test", {})
    assert refused == (409, f"Entry {story} was too long to be kept whole.")


def test_a_saved_test_is_masked_unless_asked_for_whole(shop: Shop) -> None:
    """With a word of warning."""
    shop.offline.http.post("/orders", json={"dish": "soup", "token": "abc"})
    shop.offline.settle()
    story = shop.get("runs")["runs"][0]["story"]
    masked = shop.post(f"stories/{story}/test")
    assert masked["masked"]
    assert "abc" not in masked["text"]
    assert "abc" in shop.post(f"stories/{story}/test", {"whole": True})["text"]


def test_faults_are_switched_on_and_off(shop: Shop) -> None:
    """A throttled queue answers as SQS does."""
    fault = shop.post("faults", {"kind": "throttle", "target": "sqs.SendMessage", "times": 1})
    status, sentence = shop.refused("POST", "queues/orders/send", {"body": "x"})
    assert (status, "RequestThrottled" in sentence) == (403, True)
    shop.post("queues/orders/send", {"body": '{"dish": "soup"}'})
    assert shop.get("faults")["faults"][0]["struck"] == 1
    shop.post(f"faults/{fault['number']}/remove")
    assert shop.get("faults")["faults"] == []


def test_workflows_tell_how_far_they_are(shop: Shop) -> None:
    """States as they were entered, what is waited for, and the graph."""
    assert [one["name"] for one in shop.get("workflows")["workflows"]] == ["baking"]
    arn = shop.post("workflows/baking/start", {"input": {"hot": False}})["execution"]
    found = shop.get(f"executions/{arn}")
    assert [(state["name"], state["status"]) for state in found["states"]] == [
        ("Knead", "SUCCEEDED"),
        ("Rest", "RUNNING"),
    ]
    assert found["states"][1]["waiting_for"]["kind"] == "timer"
    shop.post("time/advance", {"minutes": 11})
    (ended,) = shop.get("workflows/baking/executions")["executions"]
    assert (ended["arn"], ended["status"], ended["error"]) == (arn, "FAILED", "Cold")
    found = shop.get(f"executions/{arn}")
    assert found["graph"]["start"] == "Knead"
    assert found["events"][-1]["type"] == "ExecutionFailed"
    assert shop.refused("GET", "workflows/bakin/executions")[0] == 404
    assert shop.refused("GET", f"executions/{arn}x")[0] in (400, 404)


def test_any_call_of_awss_and_many(shop: Shop) -> None:
    """Seeding makes all calls or, when one of them is wrong, none."""
    item = {"TableName": "dishes", "Item": {"id": {"S": "a"}}}
    shop.post("call", {"service": "dynamodb", "operation": "PutItem", "request": item})
    put = {"service": "s3", "operation": "PutObject"}
    good = {**put, "request": {"Bucket": "menus", "Key": "k", "Body": "text"}}
    bad = {**put, "request": {"Bucket": "menus", "Kye": "k"}}
    status, sentence = shop.refused("POST", "seed", {"calls": [good, bad]})
    assert status == 400
    assert sentence.startswith("Call 2 (s3.PutObject): PutObject has no Kye. Did you mean Key")
    assert sentence.endswith("Nothing was changed.")
    assert shop.get("buckets/menus/objects")["objects"] == []
    assert shop.post("seed", {"calls": [good]}) == {"calls": 1}


def test_reset_empties_what_there_is(shop: Shop) -> None:
    """Resources stay; what they hold, runs, faults and journal go."""
    shop.order("fugu")
    shop.post("buckets/menus/put", {"key": "k", "text": "t"})
    shop.post("tables/dishes/put", {"item": {"id": {"S": "a"}}})
    shop.post("faults", {"kind": "error", "target": "echo"})
    assert shop.post("reset")["emptied"] == {"queues": 1, "objects": 1, "items": 1}
    assert shop.get("runs")["runs"] == []
    assert shop.get("faults")["faults"] == []
    assert shop.get("queues/letters/messages")["messages"] == []
    shop.order("soup")
    assert len(shop.get("runs")["runs"]) == 2


def test_state_is_saved_to_a_file_that_data_opens(shop: Shop, tmp_path: Path) -> None:
    """Tables and objects, large ones too; never over a file that is there."""
    shop.post("tables/dishes/put", {"item": {"id": {"S": "soup"}}})
    shop.post("buckets/menus/put", {"key": "large", "text": "x" * 200_000})
    file = tmp_path / "kept" / "state"
    assert shop.post("state/save", {"file": str(file)}) == {"saved": str(file)}
    assert shop.refused("POST", "state/save", {"file": str(file)}) == (
        409,
        f"{file} is there already; it was left as it is.",
    )
    assert shop.refused("POST", "state/save", {"file": "state"})[0] == 400
    storage = SqliteStorage(file)
    opened = compose(VirtualDriver(), storage=storage)
    found = opened.call("dynamodb", "Scan", {"TableName": "dishes"}, Caller())
    assert isinstance(found, dict)
    assert found["Items"] == [{"id": {"S": "soup"}}]
    told = opened.call("s3", "HeadObject", {"Bucket": "menus", "Key": "large"}, Caller())
    assert isinstance(told, dict)
    assert told["ContentLength"] == 200_000
    storage.close()


def test_the_session_tells_what_runs_here(shop: Shop) -> None:
    """For a banner, a doctor, a page's head."""
    facts = shop.get("session")
    assert (facts["project"], facts["stage"], facts["virtual"]) == ("shop", "dev", True)
    assert facts["routes"] == ["POST /orders"]


@pytest.mark.parametrize(
    ("method", "path", "body", "status", "sentence"),
    [
        (
            "GET",
            "queues/ordrs/messages",
            None,
            404,
            "There is no queue ordrs. Did you mean orders",
        ),
        ("POST", "functions/eco/invoke", {}, 404, "There is no function eco. Did you mean echo"),
        ("GET", "runs?outcome=bad", None, 400, "?outcome=bad is none of waiting, running"),
        ("GET", "runs?limit=x", None, 400, "?limit=x is no whole number."),
        ("GET", "runs/99", None, 404, "There is no run 99 (any more): the latest 0 are kept."),
        ("GET", "stories/9999", None, 404, "The journal has no entry 9999 (any more)."),
        ("POST", "runs", {}, 405, "/api/runs takes GET, not POST."),
        ("POST", "queues/orders/send", {}, 400, 'The body needs "body", a text.'),
        ("POST", "queues/orders/send", {"body": 1}, 400, '"body" is 1; it must be a text.'),
        ("POST", "time/advance", {"weeks": 1}, 400, "Say how long, in milliseconds, seconds"),
        ("POST", "time/advance", {"days": -1}, 400, "Time goes forward"),
        (
            "POST",
            "faults",
            {"kind": "rain", "target": "sqs"},
            400,
            "must be one of error, throttle",
        ),
        ("POST", "faults", {"kind": "error", "target": "sqs.Sned"}, 404, "sqs has no Sned."),
        ("POST", "faults", {"kind": "error", "target": "ecoh"}, 404, "ecoh is no service"),
        ("POST", "schedules/hourli/fire", {}, 404, "There is no schedule hourli. There are"),
        ("POST", "call", {"service": "sqz", "operation": "x"}, 404, "There is no service sqz."),
        ("POST", "stories/1/test", {"name": "é"}, 400, '"name" must be a short name'),
    ],
)
def test_what_cannot_be_is_refused_in_a_sentence(
    shop: Shop, method: str, path: str, body: Any, status: int, sentence: str
) -> None:
    """What is wrong, where, and the nearest names."""
    refused = shop.refused(method, path, body)
    assert refused[0] == status
    assert sentence in refused[1]


def test_a_post_without_json_does_nothing(shop: Shop) -> None:
    """A form of another page cannot carry this content type."""
    reply = shop.send("POST", "reset", {}, **{"content-type": "text/plain"})
    assert reply.status == 415
