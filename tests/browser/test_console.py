"""The console's page, in a real Chromium."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

from tests.browser.opened import HOSTILE

if TYPE_CHECKING:
    from tests.browser.opened import Opened

ROWS = "document.querySelectorAll('.list .row:not(.names)')"


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
    assert bodies == {'{"dish":  "soup"}', '{"dish":"rice"}'}
    assert page.errors == []


def test_no_number_is_lost_in_what_is_edited(opened: Opened) -> None:
    """JavaScript has not got those above 2**53, and would send others."""
    sent = (
        '{"id": 12345678901234567890, "body": "{\\"n\\": 98765432109876543210}", "far": 1e400,'
        ' "near": 1e-400, "dish": "soup"}'
    )
    reply = opened.call("lambda", "Invoke", FunctionName="work", Payload=sent.encode())
    opened.emulator.driver.wait(reply)
    story = next(opened.emulator.runs.newest_first()).story
    page = opened.page
    opened.open(f"story/{story}?run={next(opened.emulator.runs.newest_first()).number}")
    page.wait("document.querySelector('.more .json')?.innerText.includes('12345678901234567890')")
    page.click(".bar .buttons button:last-child")
    page.wait("document.querySelector('dialog textarea').value.includes('98765432109876543210')")
    page.run(
        "(() => { const area = document.querySelector('dialog textarea');"
        "area.value = area.value.replace('soup', 'rice'); })()"
    )
    page.click("dialog .main")
    page.wait("document.querySelector('.told a')")
    text = next(opened.emulator.runs.newest_first()).detail["payload"]
    assert json.loads(text, parse_float=str) == {
        "id": 12345678901234567890,
        "body": '{"n": 98765432109876543210}',
        "far": "1e400",
        "near": "1e-400",
        "dish": "rice",
    }
    assert page.errors == []


def test_a_story_that_comes_late_does_not_replace_the_next_one(opened: Opened) -> None:
    """Who opens one and then another sees the other, whichever answer comes first."""
    stories = []
    for dish in ("first", "second"):
        opened.invoke({"dish": dish})
        stories.append(next(opened.emulator.runs.newest_first()).story)
    page = opened.page
    opened.open("runs")
    page.run(
        "(() => { const real = window.fetch; window.late = []; window.come = [];"
        f"window.fetch = (path, ...rest) => String(path).endsWith('stories/{stories[0]}') ?"
        "new Promise((done) => window.late.push(() => done(real(path, ...rest)"
        ".finally(() => window.come.push(1))))) : real(path, ...rest);"
        f"location.hash = '#/story/{stories[0]}'; }})()"
    )
    page.wait("window.late.length > 0")
    page.run(f"(() => {{ location.hash = '#/story/{stories[1]}'; }})()")
    page.wait(f"document.querySelector('.sum')?.innerText.startsWith('Story {stories[1]} ')")
    page.run("window.late.forEach((come) => come())")
    page.wait("window.come.length === window.late.length")
    page.run("new Promise((done) => requestAnimationFrame(() => requestAnimationFrame(done)))")
    page.click("[role=treeitem]")
    page.wait("document.querySelector('.more .json')?.innerText.includes('second')")
    assert page.errors == []


def test_a_story_is_found_far_back_in_the_journal(opened: Opened) -> None:
    """A part of the journal with each request; a search that begins meanwhile ends it."""
    opened.invoke({"dish": "rhubarb"})
    opened.record(3_000)
    page = opened.page
    opened.open("stories?text=rhubarb")
    page.wait("document.querySelectorAll('.brief').length === 1")
    assert page.run("document.querySelector('.total').innerText") == "1"
    opened.open("stories?text=nothing")
    page.wait("document.querySelector('.empty')?.innerText === 'No story fits.'")
    assert page.errors == []


def test_stories_say_how_they_went_and_are_found_from_the_runs(opened: Opened) -> None:
    """Those that failed are a tab; what no run's row says is looked for in the stories."""
    opened.invoke({"dish": "soup"})
    opened.invoke({"dish": "fugu", "fail": True})
    page = opened.page
    opened.open("stories")
    brief = "[...document.querySelectorAll('.brief')].map((row) => row.innerText)"
    assert len(page.run(brief)) == 2
    page.press("j", "j")
    opened.invoke({"dish": "rice", "fail": True})
    page.wait("document.querySelectorAll('.brief').length === 3")  # while one looks
    places = "[...document.querySelectorAll('.brief')].indexOf(document.activeElement)"
    assert page.run(places) == 2  # and one still is where one was
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


def test_invoke_begins_with_a_sample_of_the_functions_own_source(opened: Opened) -> None:
    """Of its own queue, by name; another is chosen, and what was changed before is there again."""
    arn = "arn:aws:sqs:us-east-1:000000000000:jobs"
    opened.call("sqs", "CreateQueue", QueueName="jobs")
    opened.call("lambda", "CreateEventSourceMapping", FunctionName="work", EventSourceArn=arn)
    page = opened.page
    opened.open("functions")
    page.click("td.buttons button")
    text = "document.querySelector('dialog textarea').value"
    assert arn in page.wait(text)
    choices = page.run("[...document.querySelectorAll('[name=sample] option')].map((o) => o.value)")
    assert choices[:2] == ["queue jobs", "nothing: {}"]
    assert "s3: an object was put into a bucket" in choices
    choose = (
        "(() => {{ const one = document.querySelector('[name=sample]'); one.value = {!r};"
        "one.dispatchEvent(new Event('change')); }})()"
    )
    page.run(f"{text} = '{{\"mine\": 1}}'")
    page.run(choose.format("s3: an object was put into a bucket"))
    assert "aws:s3" in page.run(text)
    page.run(choose.format("queue jobs"))
    assert page.run(text) == '{"mine": 1}'
    page.click("dialog .main")
    page.wait("document.querySelector('.told:not(.bad)').innerText.includes('\"mine\": 1')")
    assert page.errors == []


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
    page.run("document.querySelector('dialog textarea').value = '{\"fail\": true}'")
    page.click("dialog .main")
    page.wait("document.querySelector('.told .error')?.innerText.startsWith('Broken: ')")
    assert page.run("document.querySelector('.told .frames').innerText") == HOSTILE
    assert page.errors == []


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
