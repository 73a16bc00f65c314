"""Stories that are not usual, saved as tests and replayed: a file that passes, or a sentence."""

from __future__ import annotations

import json
import subprocess
import sys
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

import pytest

from chalice_offline.core.http import Headers, HttpRequest, HttpResponse

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.console.conftest import Shop

ROLE = "arn:aws:iam::000000000000:role/r"
LAMBDA = "arn:aws:lambda:us-east-1:000000000000:function"


def call(shop: Shop, service: str, operation: str, **request: Any) -> Any:
    """Call AWS by the console's door."""
    asked = {"service": service, "operation": operation, "request": request}
    return shop.post("call", asked)


def latest_story(shop: Shop) -> int:
    """Let everything happen, and return the story that began last."""
    shop.post("time/settle")
    number: int = shop.get("stories?limit=1")["stories"][0]["story"]
    return number


def test_whatever_is_sent_becomes_a_test_that_passes(shop: Shop) -> None:
    """Instants, quotes, backslashes, bytes, fields that come twice, letters of every kind."""
    begun: dict[str, Callable[[], object]] = {
        "instant": lambda: call(
            shop, "s3", "PutObject", Bucket="menus", Key="k", Body="x",
            Expires="Sat, 31 Jan 2026 12:00:00 GMT",
        ),
        "start": lambda: call(
            shop, "scheduler", "CreateSchedule", Name="later", ScheduleExpression="rate(1 day)",
            StartDate=2_000_000_000, FlexibleTimeWindow={"Mode": "OFF"},
            Target={"Arn": f"{LAMBDA}:shop-dev-echo", "RoleArn": ROLE},
        ),
        "quotes": lambda: shop.order('"""\\ \' {x} %s \u2028 crème 🍣'),
        "key": lambda: call(
            shop, "s3", "PutObject", Bucket="menus", Key='"""\\n\'a/\u2028/🍣', Body="x"
        ),
        "bytes": lambda: shop.offline.http.request(
            "POST", "/orders?a=%22%22%22&b='\\", body=b"\xff\xfe\x00", headers={"x-odd": "\"'\\"}
        ),
        "nothing": lambda: shop.offline.http.get("/nope"),
    }  # fmt: skip
    for name, begin in begun.items():
        begin()
        saved = shop.post(f"stories/{latest_story(shop)}/test", {"name": name})
        (shop.directory / saved["file"]).write_text(saved["text"], encoding="utf-8")
    command = [sys.executable, "-m", "pytest", "-q", "-p", "no:cacheprovider"]
    ended = subprocess.run(
        command, cwd=shop.directory, capture_output=True, text=True, timeout=120, check=False
    )
    assert ended.returncode == 0, ended.stdout
    assert f"{len(begun)} passed" in ended.stdout


def test_a_field_that_comes_twice_is_saved_whole(shop: Shop) -> None:
    """As the list that it is."""
    fields = ((b"Cookie", b"a=1"), (b"X-Way", b"one"), (b"cookie", b"b=2"), (b"x-way", b"two"))
    headers = Headers([("cookie", "a=1; b=2"), ("x-way", "one, two")])
    request = HttpRequest("GET", "https://localhost/nope", headers, b"", fields=fields)
    assert reply_to(shop, shop.offline.app.addressed(request)).status == 403
    text = shop.post(f"stories/{latest_story(shop)}/test", {"whole": True})["text"]
    assert "'Cookie': 'a=1; b=2'" in text
    assert "'X-Way': 'one, two'" in text


@pytest.mark.parametrize(
    ("door", "body", "becomes_a_test"),
    [
        ("queues/letters/redrive", {"message": "ID"}, False),
        ("schedules/shop-dev-hourly-event/fire", {}, True),
        ("faults", {"kind": "error", "target": "echo"}, False),
    ],
)
def test_what_the_console_did_is_no_call_that_a_test_makes(
    shop: Shop, door: str, body: dict[str, Any], becomes_a_test: bool
) -> None:
    """boto3 has no such operation: said in a sentence; what came of it may be a test."""
    shop.order("fugu")
    (letter,) = shop.get("queues/letters/messages")["messages"]
    shop.post(door, {**body, "message": letter["id"]} if "message" in body else body)
    story = latest_story(shop)
    reply = shop.send("POST", f"stories/{story}/test", {})
    if becomes_a_test:
        assert reply.status == 200, reply.body
        assert 'offline.client("lambda").invoke(' in json.loads(reply.body)["text"]
    else:
        sentence = json.loads(reply.body)["error"]
        assert (reply.status, "no call that can be made" in sentence) == (400, True), sentence
    assert shop.send("GET", f"replay/{story}").status in (400, 409)


def test_a_request_to_a_function_url_is_replayed_and_becomes_no_test(shop: Shop) -> None:
    """The sentence says what to save instead."""
    request = {"FunctionName": "shop-dev-echo", "AuthType": "NONE"}
    url = call(shop, "lambda", "CreateFunctionUrlConfig", **request)["FunctionUrl"]
    sent = HttpRequest("POST", url, Headers([("host", urlsplit(url).netloc)]), b"hello")
    assert reply_to(shop, sent).status == 200
    story = latest_story(shop)
    status, sentence = shop.refused("POST", f"stories/{story}/test", {})
    assert status == 409
    assert "function URL" in sentence
    again = shop.post(f"replay/{story}", {"request": shop.get(f"replay/{story}")["request"]})
    assert json.loads(again["answer"]["body"])["body"] == "aGVsbG8="


def reply_to(shop: Shop, request: HttpRequest) -> HttpResponse:
    """Send a request to the AWS port and wait for its reply."""
    reply = shop.gateway.handle(request)
    if isinstance(reply, HttpResponse):
        return reply
    shop.offline.emulator.driver.wait(reply)
    return reply.result()
