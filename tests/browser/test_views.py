"""The console's views, in a real Chromium: what is in sight, whole and in reach."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from chalice_offline.services.lambda_ import FunctionSettings, LambdaState

if TYPE_CHECKING:
    from tests.browser.opened import Opened

narrow = pytest.mark.parametrize("opened", [(390, 844)], indirect=True, ids=["narrow"])


def test_words_and_buttons_stay_whole(opened: Opened) -> None:
    """However long a name or a filter beside them is."""
    lambda_ = opened.emulator.registry.state("lambda", LambdaState)
    lambda_.register(FunctionSettings("work_" * 12, "000000000000", "us-east-1"))
    topic = opened.call("sns", "CreateTopic", Name="news")["TopicArn"]
    opened.call("sqs", "CreateQueue", QueueName="news-of-the-day")
    arn = "arn:aws:sqs:us-east-1:000000000000:news-of-the-day"
    policy = json.dumps({"kind": [f"kind-{number}" for number in range(60)]})
    opened.call(
        "sns", "Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=arn,
        Attributes={"FilterPolicy": policy},
    )  # fmt: skip
    lines = (
        "[...document.querySelectorAll('{0}')].slice(0, 2).map((one) => {{"
        "const range = document.createRange(); range.selectNodeContents(one);"
        "return [one.innerText, range.getClientRects().length]; }})"
    )
    opened.open("functions")
    assert opened.page.run(lines.format("td.buttons button")) == [["Invoke…", 1]] * 2
    opened.open("topics")
    found = opened.page.run(lines.format("article td"))
    assert found == [["sqs", 1], ["news-of-the-day", 1]]
    assert opened.page.run("document.getElementById('main').scrollWidth <= 1280 - 172")


def test_the_map_begins_with_what_is_linked(opened: Opened) -> None:
    """Twenty functions that nothing leads to stand below; what is chosen is told in sight."""
    lambda_ = opened.emulator.registry.state("lambda", LambdaState)
    for number in range(20):
        lambda_.register(FunctionSettings(f"alone-{number}", "000000000000", "us-east-1"))
    arn = "arn:aws:sqs:us-east-1:000000000000:jobs"
    opened.call("sqs", "CreateQueue", QueueName="jobs")
    opened.call("lambda", "CreateEventSourceMapping", FunctionName="work", EventSourceArn=arn)
    opened.open("wiring")
    places = opened.page.run(
        "Object.fromEntries([...document.querySelectorAll('.node')].map((node) =>"
        "[node.getAttribute('aria-label'), node.getBoundingClientRect().y]))"
    )
    assert min(places, key=places.get) in ("queue jobs", "function work")
    assert places["queue jobs"] == places["function work"] < places["function alone-0"]
    click = "dispatchEvent(new MouseEvent('click', {bubbles: true}))"
    opened.page.run(f"document.querySelector('.node.queue').{click}")
    told = "document.querySelector('.facts-of').getBoundingClientRect()"
    assert opened.page.run(f"{told}.height > 50 && {told}.bottom <= innerHeight")
    opened.page.press("Escape")
    opened.page.wait("document.querySelector('.facts-of').innerText === ''")
    assert opened.page.errors == []


def test_the_map_counts_a_long_history_by_and_by(opened: Opened) -> None:
    """A slice with each request; in the end it has counted all."""
    opened.record(3_000)
    opened.open("wiring")
    opened.page.wait("document.querySelector('.count')?.textContent === '3,000'")
    assert opened.page.errors == []


@narrow
def test_the_wiring_is_a_list_on_a_telephone(opened: Opened) -> None:
    """The map is wider than the screen."""
    arn = "arn:aws:sqs:us-east-1:000000000000:jobs"
    opened.call("sqs", "CreateQueue", QueueName="jobs")
    opened.call("lambda", "CreateEventSourceMapping", FunctionName="work", EventSourceArn=arn)
    opened.open("wiring")
    assert opened.page.run("document.querySelector('.map').offsetHeight") == 0
    assert "→ work" in opened.page.run("document.querySelector('.links').innerText")
    opened.page.click(".links button")
    opened.page.wait(f"document.querySelector('.facts-of').innerText.includes('{arn}')")


def test_an_item_is_a_few_lines_and_whole_in_a_dialog(opened: Opened) -> None:
    """However long an attribute is; without DynamoDB's types, numbers as exact as they are."""
    key = {"AttributeName": "id"}
    opened.call(
        "dynamodb", "CreateTable", TableName="orders", BillingMode="PAY_PER_REQUEST",
        KeySchema=[{**key, "KeyType": "HASH"}],
        AttributeDefinitions=[{**key, "AttributeType": "S"}],
    )  # fmt: skip
    lines = {"L": [{"M": {"dish": {"S": f"dish {number}"}}} for number in range(300)]}
    item = {"id": {"S": "1"}, "lines": lines, "sum": {"N": "12345678901234567890.5"}}
    opened.call("dynamodb", "PutItem", TableName="orders", Item=item)
    page = opened.page
    opened.open("tables/orders")
    assert page.run("document.querySelector('tbody tr').getBoundingClientRect().height") < 90
    page.press("j", "j", "j", "Enter")
    text = page.wait("document.querySelector('dialog[open]').innerText")
    assert '"dish": "dish 299"' in text
    assert '"sum": "12345678901234567890.5"' in text
    assert page.errors == []


def test_odd_keys_and_deep_json_are_shown(opened: Opened) -> None:
    """A key that walks up as a path would; JSON deeper than a stack; a bucket of two pages."""
    opened.call("s3", "CreateBucket", Bucket="things")
    keys = ["../up", "a//b", "a?b#c", "%2e%2e/x", "__proto__", "line\nbreak"]
    for key in [*keys, *(f"n{number:03}" for number in range(500))]:
        opened.call("s3", "PutObject", Bucket="things", Key=key, Body=f"body of {key}".encode())
    opened.open("buckets/things")
    page = opened.page
    page.run(
        "document.querySelectorAll('details summary').forEach((one, at) => at < 6 && one.click())"
    )
    for key in keys:
        page.wait(
            f"document.querySelector('main').innerText.includes({json.dumps('body of ' + key)})"
        )
    page.click(".pages button")
    page.wait("document.querySelectorAll('details').length === 6")
    url = opened.call("sqs", "CreateQueue", QueueName="inbox")["QueueUrl"]
    opened.call("sqs", "SendMessage", QueueUrl=url, MessageBody="[" * 20_000)
    opened.call("sqs", "SendMessage", QueueUrl=url, MessageBody="[" * 9_000 + "]" * 9_000)
    opened.open("queues/inbox")
    page.wait("document.querySelectorAll('.message').length === 2")
    story = opened.emulator.journal.last_number
    opened.open(f"story/{story}")
    page.click(".step")
    page.wait("document.querySelector('.more').innerText.includes('[[[[')")
    assert page.errors == []


def test_the_keyboard_reaches_what_a_view_offers(opened: Opened) -> None:
    """Where there are no rows to choose, j goes from button to button, and Enter presses it."""
    opened.call("s3", "CreateBucket", Bucket="things")
    opened.call("s3", "PutObject", Bucket="things", Key="a", Body=b"inside")
    page = opened.page
    opened.open("buckets")
    page.press("j", "Enter")
    page.wait("location.hash === '#/buckets/things' && document.querySelector('details')")
    page.press("j", "j", "Enter")
    page.wait("document.querySelector('details').innerText.includes('inside')")
    page.press("k", "Enter")
    page.wait("document.querySelector('dialog[open] [name=key]')")
    assert page.errors == []


def test_every_view_has_a_key_and_the_help_names_it(opened: Opened) -> None:
    """`g`, then a letter; the first nine by a digit, too. Any other key after `g` ends it."""
    page = opened.page
    opened.open()
    addresses = page.run(
        "[...document.querySelectorAll('#nav a')].map((one) => one.getAttribute('href'))"
    )
    page.press("?")
    page.wait("document.querySelector('dialog[open]')")
    keys = page.run(
        "[...document.querySelectorAll('.help .views dt')].map("
        "(one) => [...one.children].map((key) => key.innerText))"
    )
    page.press("Escape")
    page.wait("!document.querySelector('dialog')")
    assert len(addresses) == len(keys) == len({tuple(one) for one in keys}) > 9
    letter = "getComputedStyle(document.querySelector('#nav kbd')).display"
    for address, (first, then) in reversed(list(zip(addresses, keys, strict=True))):
        page.press(first)
        assert page.run(letter) != "none"  # the views show their letters while one is expected
        page.press(then)
        page.wait(f"location.hash === '{address}'")
        assert page.run(letter) == "none"
    page.press("g", "j", "o")
    page.press("g", "Escape", "o")
    page.press("4")
    page.wait("location.hash === '#/queues'")
    assert page.errors == []


def test_a_target_has_the_name_that_its_author_gave_it(opened: Opened) -> None:
    """By the session's handlers; what is no function of the project keeps the end of its ARN."""
    opened.open("schedules")
    named = opened.page.run(
        """(async () => {
            const handlers = [{ deployed_name: "shop-dev-cook", name: "cook" }];
            window.fetch = async () => new Response(JSON.stringify({ handlers }));
            const { naming } = await import("/_chalice_offline/names.js");
            const place = "us-east-1:000000000000";
            return [`arn:aws:lambda:${place}:function:shop-dev-cook`, `arn:aws:sqs:${place}:orders`]
                .map(await naming());
        })()"""
    )
    assert named == ["cook", "orders"]
