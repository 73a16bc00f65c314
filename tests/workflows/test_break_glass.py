"""Break glass: minutes of access to dead letters, by a second person's leave, to the minute."""

from __future__ import annotations

import hashlib
import json
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.access_table import AccessTable
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.event_bus import EventBus
from chalicelib.adapters.functions import Functions
from chalicelib.adapters.schedules import Schedules
from chalicelib.ops.__main__ import main
from simulators.street import Street, opened
from tests.workflows.office import ASKED, QUEUE, Office

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.testing import Offline


@pytest.fixture
def office(offline: Offline) -> Iterator[Office]:
    """Schedules by the minute are off: half an hour of sweeps is no use here."""
    with opened(Street(offline)) as street:
        events = offline.client("events")
        for rule in events.list_rules()["Rules"]:
            if "ScheduleExpression" in rule:
                events.disable_rule(Name=rule["Name"])
        yield Office(street)


def test_access_begins_with_a_second_persons_leave_and_ends_at_its_minute(office: Office) -> None:
    """Every step is in the trail, with who and why."""
    request_id = office.ask()
    assert office.look(request_id)[0] == 403
    assert office.decide("bob", office.link()) == (200, {"decided": "approve"})
    status, seen = office.look(request_id)
    bodies = [json.loads(one["body"]) for one in seen["messages"]]
    assert (status, bodies) == (200, [{"order_key": office.order_key("store-001")}])
    assert office.look(request_id, "bob")[0] == 403
    office.pass_minutes(19)
    assert office.look(request_id)[0] == 200
    office.pass_minutes(1.5)
    assert office.look(request_id)[0] == 403
    shown = office.show(request_id)
    assert shown["state"] == "ended"
    assert shown["requester"].endswith("user/ann")
    assert shown["approver"].endswith("user/bob")
    what = [entry["what"] for entry in shown["trail"]]
    assert what == ["asked", "open", "looked", "saw", "looked", "saw", "ended"]
    assert shown["trail"][3]["messages"] == [one["id"] for one in seen["messages"]]
    assert office.offline.client("scheduler").list_schedules()["Schedules"][0]["Name"] == (
        "nightly-settlement"
    )


def test_nobody_decides_their_own_request(office: Office) -> None:
    """Nor does a link decide without a signature, changed, in a browser, or twice."""
    request_id, link = office.ask(), office.link()
    assert office.decide("ann", link)[0] == 403
    assert office.decide("", link)[0] == 403
    changed = ("1" if link[0] != "1" else "2") + link[1:]
    refused = (404, {"error": "This link is not valid."})
    assert office.decide("bob", changed) == refused
    page = office.offline.http.get(f"/approvals/{link}")
    assert page.status_code == 404
    assert office.show(request_id)["state"] == "asked"
    assert office.decide("bob", link, "reject") == (200, {"decided": "reject"})
    assert office.show(request_id)["state"] == "refused"
    assert office.decide("bob", link) == refused
    assert office.look(request_id)[0] == 403


def test_silence_lets_nobody_in(office: Office) -> None:
    """After half an hour the link is over, and so is the request."""
    request_id, link = office.ask(), office.link()
    office.pass_minutes(31)
    assert office.show(request_id)["state"] == "expired"
    assert office.decide("bob", link)[0] == 404
    assert office.look(request_id)[0] == 403


@pytest.mark.parametrize(
    ("finding", "ended"),
    [
        ({"resource": {"instanceDetails": {"tags": [{"key": "store", "value": "store-001"}]}}}, 2),
        ({"findings": [{"Resources": [{"Tags": {"store": "store-002"}}]}]}, 2),
        ({"findings": [{"Resources": [{"Id": "whatever"}]}]}, 3),
    ],
)
def test_finding_revokes_access_at_once(office: Office, finding: Any, ended: int) -> None:
    """In the store that it names, and where all stores are open; in every one if it names none."""
    open_ = [office.opened(store=store) for store in ("store-001", "store-002", "*")]
    office.find(finding)
    states = [office.show(one)["state"] for one in open_]
    assert states.count("revoked") == ended
    assert [office.look(one)[0] for one in open_] == [
        403 if state == "revoked" else 200 for state in states
    ]


@pytest.mark.parametrize(
    ("owner", "call"), [(Schedules, "once"), (AccessTable, "change"), (EventBus, "publish")]
)
@pytest.mark.parametrize("is_done", [False, True], ids=["before", "after"])
def test_crash_lets_nobody_in_for_longer(
    office: Office, monkeypatch: pytest.MonkeyPatch, owner: Any, call: str, is_done: bool
) -> None:
    """Before and after every call that opens: the end stays the minute it was."""
    whole, broken = getattr(owner, call), []

    def breaks(self: Any, *args: Any, **named: Any) -> Any:
        if broken:
            return whole(self, *args, **named)
        if is_done:
            whole(self, *args, **named)
        broken.append(call)
        raise AwsUnavailable("it hangs up")

    request_id, link = office.ask(), office.link()
    begun = office.offline.now
    monkeypatch.setattr(owner, call, breaks)
    assert office.decide("bob", link)[0] == 200
    office.pass_minutes(3)
    assert broken
    assert office.look(request_id)[0] == 200
    office.pass_minutes(20 - (office.offline.now - begun) / timedelta(minutes=1) + 0.1)
    assert office.look(request_id)[0] == 403
    assert office.show(request_id)["state"] == "ended"


def test_end_that_fails_for_good_ends_all_the_same(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The minute is in the request; the table says so when the function works again."""
    request_id = office.opened()

    def breaks(*_: Any, **__: Any) -> Any:
        raise AwsUnavailable("it hangs up")

    with monkeypatch.context() as patch:
        patch.setattr(AccessTable, "change", breaks)
        office.pass_minutes(25)
        assert office.show(request_id)["state"] == "open"
        assert office.look(request_id)[0] == 403
    office.pass_minutes(60)
    assert office.show(request_id)["state"] == "ended"


def test_look_that_cannot_be_written_down_does_not_happen(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The letter is not even received."""
    request_id = office.opened()
    url = office.sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]

    def breaks(*_: Any, **__: Any) -> Any:
        raise AwsUnavailable("it hangs up")

    monkeypatch.setattr(AccessTable, "note_look", breaks)
    assert office.look(request_id)[0] == 503
    reply = office.sqs.receive_message(QueueUrl=url, AttributeNames=["ApproximateReceiveCount"])
    assert reply["Messages"][0]["Attributes"]["ApproximateReceiveCount"] == "1"


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({"queue": "orders"}, "queue must be the name of a queue of dead letters"),
        ({"minutes": 61}, "minutes must be a whole number from 1 to 60"),
        ({"minutes": True}, "minutes must be a whole number from 1 to 60"),
        ({"reason": "because"}, "reason must say why, in 10 to 200 characters"),
        ({"store": ""}, "store is missing or is no identifier"),
    ],
)
def test_wrong_request_is_refused_in_its_own_terms(
    office: Office, changes: dict[str, Any], said: str
) -> None:
    """And nobody is asked."""
    status, reply = office.call("ann", "POST", "/access/requests", ASKED | changes)
    assert (status, reply) == (400, {"error": said})
    office.settle()
    assert "Messages" not in office.sqs.receive_message(QueueUrl=office.inbox)
    assert office.look("nonsense")[0] == 403
    assert office.call("bob", "GET", "/access/requests/nonsense")[0] == 404


def test_look_shows_letters_of_its_store_alone(office: Office) -> None:
    """Of other stores, and of nobody knows which, there is a number; "*" opens all of them."""
    first, second = office.stores["store-001"], office.stores["store-002"]
    mine = [
        {"order_key": office.order_key("store-001", "d")},
        {"poll": {"channel": "doordash", "store": first.doordash_store_id}},
        {"detail-type": "order.received", "detail": {"subject": f"shop#{first.store_id}#{9}"}},
    ]
    others = [
        {"order_key": office.order_key("store-002")},
        {"poll": {"channel": "uber_eats", "store": second.uber_store_id}},
    ]
    several = [first.uber_store_id, second.uber_store_id]
    unknown = [
        "", "no JSON", "[" * 100_000, "{}", "[]", {"order_key": "a#b#c"}, {"order_key": "doordash"},
        {"order_key": f"doordash#{first.doordash_store_id}"}, {"order_key": {"#": "#"}},
        {"checkout_id": "nobody"}, {"checkout_id": ""}, {"poll": "x"}, {"detail": {"subject": 1}},
        {"poll": {"channel": "uber_eats", "store": several[0], "stores": several}},
    ]  # fmt: skip
    for body in (*unknown[1:], *others, *mine):
        office.letter(body)
    status, seen = office.look(office.opened())
    assert status == 200
    shown = [json.loads(one["body"]) for one in seen["messages"]]
    assert shown == [{"order_key": office.order_key("store-001")}, *mine]
    counts = {"of_other_stores": len(others), "of_unknown_stores": len(unknown) - 1}
    assert {name: seen[name] for name in counts} == counts
    elsewhere = office.opened(store="store-003")
    office.pass_minutes(1)  # the letters come back
    status, seen = office.look(elsewhere)
    assert (status, seen["messages"], seen["of_other_stores"]) == (200, [], 6)
    everything = office.opened(store="*")
    office.pass_minutes(1)
    first_look, second_look = office.look(everything)[1], office.look(everything)[1]
    assert len(first_look["messages"]) + len(second_look["messages"]) == 19
    assert first_look["of_unknown_stores"] == 0
    assert "all stores" in office.inbox_text


def test_look_is_made_once_however_often_it_is_asked_for(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A client that hangs up and tries again gets no second look, and the trail has one."""
    request_id = office.opened()
    whole = Functions.call

    def twice(self: Functions, function_arn: str, data: dict[str, Any]) -> dict[str, Any]:
        whole(self, function_arn, data)  # its answer is lost
        return whole(self, function_arn, data)

    with monkeypatch.context() as patch:
        patch.setattr(Functions, "call", twice)
        assert office.look(request_id)[0] == 409
    assert office.trail(request_id) == ["asked", "open", "looked", "saw"]
    office.pass_minutes(1)
    status, seen = office.look(request_id)
    assert (status, len(seen["messages"])) == (200, 1)
    assert seen["messages"][0]["receives"] == 2
    looks = [entry["look"] for entry in office.show(request_id)["trail"] if "look" in entry]
    assert looks[0] == looks[1] != looks[2] == looks[3]


def test_revocation_that_nobody_could_be_told_of_is_told_by_whoever_comes_next(
    office: Office, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Everybody is out at once; the bus hears of it once it works, from the next finding or end."""
    first, second = office.opened(store="store-001"), office.opened(store="store-002")

    def breaks(*_: Any, **__: Any) -> Any:
        raise AwsUnavailable("it hangs up")

    with monkeypatch.context() as patch:
        patch.setattr(EventBus, "publish", breaks)
        office.find({"findings": []})
    assert [office.show(one)["state"] for one in (first, second)] == ["revoked", "revoked"]
    assert [office.look(one)[0] for one in (first, second)] == [403, 403]
    assert "access.revoked" not in {type_ for type_, _ in office.told()}
    office.find({"findings": [{"Resources": [{"Tags": {"store": "store-999"}}]}]})
    revoked = [subject for type_, subject in office.told() if type_ == "access.revoked"]
    assert sorted(revoked) == sorted([first, second])

    third = office.opened()
    with monkeypatch.context() as patch:
        patch.setattr(EventBus, "publish", breaks)
        office.find({"findings": []})
    office.pass_minutes(21)  # the schedule that would have ended it
    assert ("access.revoked", third) in office.told()
    assert ("access.ended", third) not in office.told()
    before = list(office.offline.journal.entries())
    office.find({"findings": []})  # and nothing is owed any more
    said = list(office.offline.journal.entries())[len(before) :]
    assert not [entry for entry in said if entry.subject == "events.PutEvents"]


@pytest.mark.parametrize("knows_the_question", [False, True])
def test_task_token_out_of_the_history_opens_nothing(
    office: Office, knows_the_question: bool
) -> None:
    """The result of the task counts when the decision is written down, by a signed call."""
    request_id = office.ask()
    states = office.offline.client("stepfunctions")
    machine = "arn:aws:states:us-east-1:000000000000:stateMachine:break-glass"
    (execution,) = states.list_executions(stateMachineArn=machine)["executions"]
    history = states.get_execution_history(executionArn=execution["executionArn"])["events"]
    (scheduled,) = [event for event in history if event["type"] == "TaskScheduled"]
    parameters = json.loads(scheduled["taskScheduledEventDetails"]["parameters"])
    token = parameters["Payload"]["token"]
    link = office.link()
    assert token not in link
    forged = {"decision": "approve", "by": office.arn("mallory"), "reason": "let me in"}
    if knows_the_question:
        forged["question"] = hashlib.sha256(token.encode()).hexdigest()[:32]
    states.send_task_success(taskToken=token, output=json.dumps(forged))
    office.settle()
    assert office.show(request_id)["state"] == "refused"
    assert office.look(request_id)[0] == 403
    assert office.decide("bob", link)[0] == 404
    assert office.look(request_id)[0] == 403


def test_revocation_by_hand_ends_what_is_open_and_nothing_else(
    office: Office, capsys: pytest.CaptureFixture[str]
) -> None:
    """It is in the trail, with who and why; what is over stays as it ended."""

    def revoke(request_id: str) -> int:
        now_ms = round(office.offline.now.timestamp() * 1000)
        arguments = ["revoke", request_id, "--reason", "stolen laptop"]
        return main(arguments, {"STAGE": "local"}, lambda: now_ms)

    request_id = office.opened()
    assert revoke(request_id) == 0
    assert "revoked" in capsys.readouterr().out
    assert office.look(request_id)[0] == 403
    last = office.show(request_id)["trail"][-1]
    assert (last["what"], last["reason"]) == ("revoked", "stolen laptop")
    assert ("access.revoked", request_id) in office.told()
    assert revoke(request_id) == 2
    assert "is revoked" in capsys.readouterr().err

    ended = office.opened()
    office.pass_minutes(21)
    assert revoke(ended) == 2
    assert office.show(ended)["state"] == "ended"
    assert revoke("nonsense") == 2
