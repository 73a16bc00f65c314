"""Break glass: minutes of access to dead letters, by a second person's leave, to the minute."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.access_table import AccessTable
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.event_bus import EventBus
from chalicelib.adapters.schedules import Schedules
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
    assert (status, [one["body"] for one in seen["messages"]]) == (200, ['{"order_key": "a#b#c"}'])
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
        ({"resource": {"instanceDetails": {"tags": [{"key": "store", "value": "store-001"}]}}}, 1),
        ({"findings": [{"Resources": [{"Tags": {"store": "store-002"}}]}]}, 1),
        ({"findings": [{"Resources": [{"Id": "whatever"}]}]}, 2),
    ],
)
def test_finding_revokes_access_at_once(office: Office, finding: Any, ended: int) -> None:
    """In the store that it names; in every store when it names none."""
    open_ = [office.opened(store="store-001"), office.opened(store="store-002")]
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

    monkeypatch.setattr(AccessTable, "note", breaks)
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
