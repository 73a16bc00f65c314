"""Break glass: minutes of access to dead letters, by a second person's leave, to the minute."""

from __future__ import annotations

import json
import re
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.access_table import AccessTable
from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.event_bus import EventBus
from chalicelib.adapters.schedules import Schedules
from simulators.street import Street, opened

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.testing import Offline

QUEUE = "pos-square-dead-letters"
ASKED = {"queue": QUEUE, "store": "store-001", "reason": "orders of table 7 stuck", "minutes": 20}


class Office:
    """Two people with IAM users, a queue with a letter in it, and the app."""

    def __init__(self, street: Street) -> None:
        self.offline = street.offline
        iam = self.offline.client("iam")
        self.keys = {}
        for name in ("ann", "bob"):
            iam.create_user(UserName=name)
            key = iam.create_access_key(UserName=name)["AccessKey"]
            self.keys[name] = key["AccessKeyId"]
        self.sqs = self.offline.client("sqs")
        url = self.sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
        self.sqs.send_message(QueueUrl=url, MessageBody='{"order_key": "a#b#c"}')
        topic = self.offline.client("sns").create_topic(Name="approvals")["TopicArn"]
        self.inbox = self.sqs.create_queue(QueueName="approvers")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.inbox, AttributeNames=["QueueArn"])
        self.offline.client("sns").subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )  # fmt: skip

    def call(self, who: str, method: str, path: str, body: Any = None) -> tuple[int, Any]:
        """Make a call signed by a person."""
        scope = f"{self.keys.get(who, who)}/20260101/us-east-1/execute-api/aws4_request"
        headers = {"Content-Type": "application/json"}
        if who:
            signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
            headers["Authorization"] = signed
        content = json.dumps(body).encode() if body is not None else b""
        reply = self.offline.http.request(method, path, headers=headers, body=content)
        return reply.status_code, json.loads(reply.body)

    def ask(self, **changes: Any) -> str:
        """Let ann ask, and return the request's id."""
        status, shown = self.call("ann", "POST", "/access/requests", ASKED | changes)
        assert (status, shown["state"]) == (202, "asked")
        self.settle()
        return str(shown["id"])

    def link(self) -> str:
        """Return the last part of the newest link that approvers got."""
        reply = self.sqs.receive_message(QueueUrl=self.inbox, MaxNumberOfMessages=10)
        found = re.search(r"/access/decisions/(\S+)", reply["Messages"][-1]["Body"])
        assert found is not None
        return found[1]

    def decide(self, who: str, link: str, decision: str = "approve") -> tuple[int, Any]:
        """Let a person decide."""
        body = {"decision": decision, "reason": "ann is on call tonight"}
        reply = self.call(who, "POST", f"/access/decisions/{link}", body)
        self.settle()
        return reply

    def opened(self, **changes: Any) -> str:
        """Let ann ask and bob approve; return the request's id."""
        request_id = self.ask(**changes)
        assert self.decide("bob", self.link())[0] == 200
        return request_id

    def look(self, request_id: str, who: str = "ann") -> tuple[int, Any]:
        """Let a person look into the queue."""
        return self.call(who, "POST", f"/access/requests/{request_id}/messages")

    def show(self, request_id: str) -> dict[str, Any]:
        """Return the request with its trail."""
        status, shown = self.call("bob", "GET", f"/access/requests/{request_id}")
        assert status == 200
        return dict(shown)

    def trail(self, request_id: str) -> list[str]:
        """Return what the trail says, in order."""
        return [entry["what"] for entry in self.show(request_id)["trail"]]

    def settle(self) -> None:
        """Let the workflow go on as far as it can now."""
        self.offline.advance(seconds=1, raise_errors=False)

    def pass_minutes(self, minutes: float) -> None:
        """Let time pass."""
        self.offline.advance(minutes=minutes, raise_errors=False)


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
    entry = {
        "Source": "aws.guardduty" if "resource" in finding else "aws.securityhub",
        "DetailType": (
            "GuardDuty Finding" if "resource" in finding else "Security Hub Findings - Imported"
        ),
        "Detail": json.dumps(finding),
    }
    office.offline.client("lambda").invoke(
        FunctionName="order-middleware-local-access_revoke",
        Payload=json.dumps(
            {
                "id": "f-1", "source": entry["Source"], "detail-type": entry["DetailType"],
                "detail": finding, "account": "000000000000", "region": "us-east-1",
                "time": "2026-01-01T00:00:00Z", "resources": [], "version": "0",
            }
        ),
    )  # fmt: skip
    office.settle()
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
        ({"reason": "because"}, "reason must say why, in 10 to 300 characters"),
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
