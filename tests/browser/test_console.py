"""The console's page, in a real Chromium."""

from __future__ import annotations

import json
import os
import shutil
import sys
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.core.context import Caller
from chalice_offline.core.run import FunctionRun, Outcome, RunLife, RunLog
from chalice_offline.core.run_entry import RunEntry
from chalice_offline.services.lambda_ import FunctionSettings, LambdaState
from tests.browser.pages import Page

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

HOSTILE = "<img src=x onerror='document.title=\"hacked\"'><script>document.title='hacked'</script>"
READY = "document.getElementById('main').dataset.ready"
ROWS = "document.querySelectorAll('.list .row:not(.names)')"


class Opened:
    """The page of a console, and the emulator behind it."""

    def __init__(self, doors: Any, page: Page) -> None:
        self.doors = doors
        self.page = page
        self.url = f"http://localhost:{doors.aws_port}/_chalice_offline/"

    @property
    def emulator(self) -> Any:
        """The emulator of now."""
        return self.doors.emulator

    def deploy(self) -> None:
        """Have the function `work`."""
        lambda_ = self.emulator.registry.state("lambda", LambdaState)
        lambda_.register(FunctionSettings("work", "000000000000", "us-east-1"))
        self.emulator.driver.run_function = work

    def open(self, where: str = "runs") -> None:
        """Go to a view, anew."""
        self.page.open("about:blank")
        self.page.open(f"{self.url}#/{where}")
        self.page.wait(READY)

    @staticmethod
    def told(text: str) -> None:
        """Put a figure into the test's output (pytest -rP)."""
        sys.stdout.write(f"{text}\n")

    def call(self, service: str, operation: str, **request: Any) -> Any:
        """Call AWS as a client would."""
        return self.emulator.call(service, operation, request, Caller())

    def invoke(self, event: Any) -> None:
        """Have the function `work` run, and wait for its end."""
        reply = self.call(
            "lambda", "Invoke", FunctionName="work", Payload=json.dumps(event).encode()
        )
        self.emulator.driver.wait(reply)

    def record(self, count: int) -> None:
        """Have runs in the list as if they had happened."""
        for number in range(count):
            run = FunctionRun(
                request_id=f"{number:08d}-0000-4000-8000-000000000000",
                function_name="work",
                function_arn="arn:aws:lambda:us-east-1:000000000000:function:work",
                sent=b'{"number": %d}' % number,
                memory_mb=128,
                life=RunLife(3_000),
                log=RunLog(),
            )
            with self.emulator.lock:
                entry = RunEntry(self.emulator.now_ms, run, ())
                self.emulator.keep(entry)
                self.emulator.runs.started(entry, self.emulator.now_ms)
                entry.ended_ms = self.emulator.now_ms
                self.emulator.runs.ended(entry, Outcome(b"{}"))


def work(run: FunctionRun) -> Outcome:
    event = json.loads(run.payload)
    run.log.append(0, f"{HOSTILE}\n")
    if isinstance(event, dict) and event.get("fail"):
        content = {"errorType": "Broken", "errorMessage": HOSTILE, "stackTrace": [HOSTILE]}
        return Outcome(json.dumps(content).encode(), failed=True)
    return Outcome(run.payload)


@pytest.fixture(params=[(1280, 800)], ids=["wide"])
def opened(doors: Any, tmp_path: Path, request: pytest.FixtureRequest) -> Iterator[Opened]:
    program = shutil.which(os.environ.get("CHROMIUM", "chromium"))
    assert program is not None
    width, height = request.param
    with Page(program, tmp_path, width=width, height=height) as page:
        made = Opened(doors, page)
        made.deploy()
        yield made


narrow = pytest.mark.parametrize("opened", [(390, 844)], indirect=True, ids=["narrow"])


def test_a_run_appears_while_one_looks(opened: Opened) -> None:
    """By server-sent events; its row changes when it ends."""
    opened.open()
    assert "Nothing has run yet" in opened.page.run("document.querySelector('.empty').innerText")
    opened.page.wait("document.getElementById('state').dataset.state === 'live'")
    opened.invoke({"a": 1})
    text = opened.page.wait(f"{ROWS}.length === 1 && {ROWS}[0].innerText")
    assert "work" in text
    assert "ok" in text
    opened.invoke({"fail": True})
    opened.page.wait(f"{ROWS}.length === 2 && document.querySelector('.row.bad')")
    assert opened.page.errors == []


def test_a_page_begins_anew_with_its_session(opened: Opened) -> None:
    """Numbers begin at 1 again behind the same address: what was shown before is gone."""
    opened.open()
    opened.page.wait("document.getElementById('state').dataset.state === 'live'")
    for number in range(3):
        opened.invoke({"before": number})
    opened.page.wait(f"{ROWS}.length === 3")
    opened.page.loads_again(opened.doors.begin_anew)
    opened.deploy()
    opened.page.wait(f"{ROWS}.length === 0 && document.querySelector('.empty').innerText")
    opened.page.wait("document.getElementById('state').dataset.state === 'live'")
    opened.invoke({"after": 1})
    opened.page.wait(f"{ROWS}.length === 1")


def test_what_strangers_send_is_text(opened: Opened) -> None:
    """Payloads, log lines, errors, tracebacks, messages, keys, items, events: none becomes HTML."""
    opened.invoke({"name": HOSTILE, "nested": json.dumps({HOSTILE: HOSTILE})})
    opened.invoke({"fail": True, "name": HOSTILE})
    url = opened.call("sqs", "CreateQueue", QueueName="inbox")["QueueUrl"]
    opened.call("sqs", "SendMessage", QueueUrl=url, MessageBody=HOSTILE)
    opened.call("s3", "CreateBucket", Bucket="things")
    opened.call("s3", "PutObject", Bucket="things", Key=HOSTILE, Body=HOSTILE.encode())
    entry = {"Source": HOSTILE, "DetailType": HOSTILE[:90], "Detail": json.dumps({"x": HOSTILE})}
    opened.call("events", "PutEvents", Entries=[entry])
    expression = "$request.body.action"
    opened.call(
        "apigatewayv2",
        "CreateApi",
        Name=HOSTILE[:128],
        ProtocolType="WEBSOCKET",
        RouteSelectionExpression=expression,
    )
    stories = [run.story for run in opened.emulator.runs.newest_first()]
    views = [
        "runs", "stories", "wiring", "queues", "queues/inbox", "topics", "functions", "tables",
        "buckets", "buckets/things", "streams", "sockets", "schedules", "workflows", "faults",
        *(f"story/{story}" for story in stories),
    ]  # fmt: skip
    for view in views:
        opened.open(view)
        opened.page.run(
            "document.querySelectorAll('.step, details summary').forEach((one) => one.click())"
        )
        opened.page.run("new Promise((done) => setTimeout(done, 60))")
        made = "document.querySelectorAll('main img, main script, main iframe').length"
        found = opened.page.run(f"[document.title, {made}]")
        assert "hacked" not in found[0], view
        assert found[1] == 0, view
    assert "onerror" in opened.page.run("document.body.innerText")
    assert opened.page.errors == []


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


def test_the_page_obeys_its_own_rules(opened: Opened) -> None:
    """No script or style stands in it, and a script that is put there does not run."""
    opened.open()
    opened.page.run(
        "(() => { const made = document.createElement('script');"
        "made.textContent = 'document.title = \"hacked\"'; document.body.append(made); })()"
    )
    assert "hacked" not in opened.page.run("document.title")
    assert any("Content Security Policy" in error for error in opened.page.errors)


def test_the_keyboard_is_enough(opened: Opened) -> None:
    """Down, open, back, search, a view by its number, help."""
    for number in range(5):
        opened.invoke({"number": number})
    opened.invoke({"fail": True})
    page = opened.page
    opened.open()
    page.wait(f"{ROWS}.length === 6")
    page.press("j", "j", "k")
    page.wait("document.querySelector('[aria-selected=true]').dataset.place === '0'")
    page.press("Enter")
    page.wait("location.hash.startsWith('#/story/') && document.querySelector('.more .error')")
    page.press("Escape", "/")  # at once: the second key is for the view that is on its way
    page.wait("location.hash === '#/runs' && document.activeElement.type === 'search'")
    page.type("broken")
    page.wait(f"{ROWS}.length === 1")
    page.press("Escape", "Escape")
    page.wait(f"{ROWS}.length === 6")
    page.press("4")
    page.wait("location.hash === '#/queues'")
    page.press("?")
    page.wait("document.querySelector('dialog[open]')")
    page.press("Escape")
    page.wait("!document.querySelector('dialog')")
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


def test_ten_thousand_runs_are_smooth(opened: Opened) -> None:
    """Of the list only what is in sight is in the page; how long it took is told, not judged."""
    opened.record(10_000)
    opened.open()
    opened.open()  # what the browser itself needs once is not counted
    first_ms = opened.page.run("performance.getEntriesByName('first view')[0].startTime")
    shown = opened.page.run(f"{ROWS}.length")
    assert 20 < shown < 80
    frames = opened.page.run(
        """(async () => {
            const list = document.querySelector('.list');
            const gaps = [];
            let last = performance.now();
            for (let step = 0; step < 400; step++) {
                list.scrollTop += 900;
                await new Promise(requestAnimationFrame);
                const now = performance.now();
                gaps.push(now - last);
                last = now;
                if (list.scrollTop + list.clientHeight >= list.scrollHeight - 5)
                    await new Promise((done) => setTimeout(done, 30)), (last = performance.now());
            }
            gaps.sort((one, other) => one - other);
            return [gaps[200], gaps[380], list.scrollHeight, document.querySelectorAll('*').length];
        })()"""
    )
    middle_ms, slow_ms, height, elements = frames
    opened.told(f"first view {first_ms:.0f} ms, frames {middle_ms:.1f} ms, 95 % {slow_ms:.1f} ms")
    assert height > 9_000 * 30
    assert elements < 1_500
    opened.invoke({"while": "scrolled down"})
    opened.page.run("document.querySelector('.list').scrollTop = 0")
    opened.page.wait(
        f"[...{ROWS}].some((row) => row.dataset.place === '0' && row.innerText.length)"
    )
    assert opened.page.errors == []


def test_a_replay_opens_the_json_in_texts_and_leads_to_its_story(opened: Opened) -> None:
    """One field is changed in place; what was sent is text again."""
    url = opened.call("sqs", "CreateQueue", QueueName="inbox")["QueueUrl"]
    opened.call("sqs", "SendMessage", QueueUrl=url, MessageBody='{"dish":  "soup"}')
    (story,) = (
        entry.number
        for entry in opened.emulator.journal.entries()
        if entry.subject == "sqs.SendMessage"
    )
    page = opened.page
    opened.open(f"story/{story}")
    page.click(".bar .buttons button:last-child")
    page.wait("document.querySelector('dialog textarea').value.includes('\"dish\": \"soup\"')")
    page.click("dialog .main")
    link = "document.querySelector('.told a').getAttribute('href')"
    first = page.wait(link)
    page.run(
        "(() => { const area = document.querySelector('dialog textarea');"
        "area.value = area.value.replace('soup', 'rice'); })()"
    )
    page.click("dialog .main")
    second = page.wait(f"{link} !== '{first}' && {link}")
    page.click(".told a")
    page.wait(f"!document.querySelector('dialog') && location.hash === '{second}'")
    received = opened.call("sqs", "ReceiveMessage", QueueUrl=url, MaxNumberOfMessages=10)
    bodies = {message["Body"] for message in received["Messages"]}
    assert bodies == {'{"dish":  "soup"}', '{"dish": "rice"}'}
    assert page.errors == []


def test_stories_say_how_they_went_and_are_found_from_the_runs(opened: Opened) -> None:
    """Those that failed are a tab; what no run's row says is looked for in the stories."""
    opened.invoke({"dish": "soup"})
    opened.invoke({"dish": "fugu", "fail": True})
    page = opened.page
    opened.open("stories")
    brief = "[...document.querySelectorAll('.brief')].map((row) => row.innerText)"
    assert len(page.run(brief)) == 2
    opened.invoke({"dish": "rice", "fail": True})
    page.wait("document.querySelectorAll('.brief').length === 3")  # while one looks
    page.click(".tabs button:last-child")
    page.wait("document.querySelectorAll('.brief').length === 2")
    assert all("1 failed" in row for row in page.run(brief))
    opened.open()
    page.press("/")
    page.type("fugu")
    page.wait("document.querySelector('.empty a')")
    page.click(".empty a")
    page.wait("location.hash === '#/stories?text=fugu'")
    page.wait("document.querySelectorAll('.brief').length === 1")
    assert page.errors == []


def test_a_dead_letter_is_looked_at_and_redriven(opened: Opened) -> None:
    """With the buttons of the page."""
    letters = opened.call("sqs", "CreateQueue", QueueName="letters")["QueueUrl"]
    arn = "arn:aws:sqs:us-east-1:000000000000:letters"
    policy = json.dumps({"deadLetterTargetArn": arn, "maxReceiveCount": 1})
    jobs = opened.call(
        "sqs", "CreateQueue", QueueName="jobs",
        Attributes={"RedrivePolicy": policy, "VisibilityTimeout": "0"},
    )["QueueUrl"]  # fmt: skip
    opened.call("sqs", "SendMessage", QueueUrl=jobs, MessageBody='{"job": 1}')
    opened.call("sqs", "ReceiveMessage", QueueUrl=jobs)
    opened.call("sqs", "ReceiveMessage", QueueUrl=jobs)
    opened.open("queues/letters")
    opened.page.wait("document.querySelector('.message').innerText.includes('\"job\": 1')")
    opened.page.click(".message button")
    opened.page.wait("document.querySelector('.empty')")
    assert len(opened.call("sqs", "ReceiveMessage", QueueUrl=jobs)["Messages"]) == 1
    assert opened.call("sqs", "ReceiveMessage", QueueUrl=letters).get("Messages", []) == []


def test_times_are_utc_and_durations_whole(opened: Opened) -> None:
    """As in the terminal, wherever the browser is; nothing lasts "4 min 60 s", or "5 min 0 s"."""
    opened.page.ask("Emulation.setTimezoneOverride", timezoneId="Asia/Tokyo")
    opened.open()
    told = opened.page.run(
        "import('/_chalice_offline/format.js').then(({ instant, duration }) => "
        "[instant(0), ...[999, 5_000, 60_000, 299_700, 7_200_000, 7_260_000].map(duration)])"
    )
    assert told == [
        "1970-01-01 00:00:00.000",
        "999 ms",
        "5 s",
        "60 s",
        "5 min",
        "2 h",
        "2 h 1 min",
    ]


def test_a_function_is_invoked_in_a_dialog(opened: Opened) -> None:
    """What Invoke answers is shown; what is no JSON is refused in place."""
    page = opened.page
    opened.open("functions")
    page.click("td.buttons button")
    page.wait("document.querySelector('dialog[open] textarea')")
    page.run("document.querySelector('dialog textarea').value = '{'")
    page.click("dialog .main")
    page.wait("document.querySelector('.told.bad').innerText.includes('no JSON')")
    page.run("document.querySelector('dialog textarea').value = '{\"table\": 7}'")
    page.click("dialog .main")
    page.wait("document.querySelector('.told:not(.bad)').innerText.includes('\"table\": 7')")
    assert page.errors == []


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


@narrow
def test_nothing_scrolls_sideways_on_a_telephone(opened: Opened) -> None:
    """At 390 px every view fits; only pictures and tables of data scroll within themselves."""
    url = opened.call("sqs", "CreateQueue", QueueName="a-queue-with-quite-a-long-name")["QueueUrl"]
    opened.call("sqs", "SendMessage", QueueUrl=url, MessageBody="x" * 500)
    opened.invoke({"text": "y" * 500})
    opened.invoke({"fail": True})
    story = next(opened.emulator.runs.newest_first()).story
    views = [
        "runs", "stories", f"story/{story}", "wiring", "queues",
        "queues/a-queue-with-quite-a-long-name", "topics", "functions", "tables", "buckets",
        "streams", "sockets", "schedules", "workflows", "faults",
    ]  # fmt: skip
    for view in views:
        opened.open(view)
        opened.page.run("document.querySelectorAll('.step').forEach((one) => one.click())")
        wide = opened.page.run(
            "[document.documentElement.scrollWidth, document.getElementById('main').scrollWidth]"
        )
        assert wide == [390, 390], view
    assert opened.page.errors == []
