"""From a merchant's application to an open store, or to nothing left of it."""

from __future__ import annotations

import hashlib
import json
from dataclasses import asdict, replace
from typing import TYPE_CHECKING, Any

import pytest

from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.event_bus import EventBus
from simulators.forms import bomb_pdf, form_pdf, locked_pdf, scan_pdf
from simulators.registries import GOLDEN_CRUMB
from tests.workflows.merchant import BUCKET

if TYPE_CHECKING:
    from tests.workflows.merchant import Applied, Onboarding

ACCEPTED = ("accepted", "accepted_at_once", "accepted_on_tablet")
FIELDS = asdict(GOLDEN_CRUMB)


def is_undone(onboarding: Onboarding, applied: Applied) -> bool:
    """Say whether nothing is left that the application made."""
    items = onboarding.offline.client("dynamodb").scan(TableName="applications")["Items"]
    keys = onboarding.keys(f"applications/{applied.id}/")
    menu = onboarding.keys(f"menus/{onboarding.store.store_id}.json")
    claims = [item for item in items if item["application_id"]["S"].startswith("store#")]
    forms = [item for item in items if "form" in item]
    return not (keys or menu or claims or forms or onboarding.names_of_the_store())


def test_store_sells_after_approval_and_not_before(onboarding: Onboarding) -> None:
    """The whole way, with three days until somebody decides."""
    assert onboarding.order(1) not in ACCEPTED
    applied = onboarding.submitted()
    assert onboarding.state(applied)["state"] == "submitted"
    link = onboarding.link()
    onboarding.pass_days(3)
    assert onboarding.order(2) not in ACCEPTED
    assert onboarding.decide(link) == 200
    onboarding.settle()
    assert onboarding.state(applied)["state"] == "open"
    assert onboarding.order(3) in ACCEPTED
    execution = onboarding.execution(applied)
    assert execution["status"] == "SUCCEEDED", execution["cause"]
    assert ["Your store is open" in mail for mail in onboarding.merchants_mails()] == [True]
    assert onboarding.events() == ["store.opened"]


def test_nobody_decides_for_two_weeks(onboarding: Onboarding) -> None:
    """To the second: then everything is undone, the merchant is told, the link is void."""
    applied = onboarding.submitted()
    link = onboarding.link()
    onboarding.pass_days(13.99)
    assert onboarding.state(applied)["state"] == "submitted"
    onboarding.pass_days(0.02)
    assert onboarding.state(applied)["state"] == "expired"
    assert onboarding.decide(link) == 404
    assert is_undone(onboarding, applied)
    (mail,) = onboarding.merchants_mails()
    assert "Nobody decided within two weeks." in mail
    assert onboarding.execution(applied)["status"] == "SUCCEEDED"
    assert onboarding.order() not in ACCEPTED


def test_somebody_says_no(onboarding: Onboarding) -> None:
    """The merchant reads why, and may apply again."""
    applied = onboarding.submitted()
    assert onboarding.decide(onboarding.link(), "reject", reason="the kitchen is a garage") == 200
    onboarding.settle()
    shown = onboarding.state(applied)
    assert (shown["state"], shown["reasons"]) == ("refused", ["the kitchen is a garage"])
    assert is_undone(onboarding, applied)
    assert onboarding.submit(applied) == 409
    (mail,) = onboarding.merchants_mails()
    assert "the kitchen is a garage" in mail
    assert onboarding.events() == ["store.refused"]
    again = onboarding.submitted()
    onboarding.decide(onboarding.link())
    onboarding.settle()
    assert onboarding.state(again)["state"] == "open"


def test_what_a_register_denies_is_refused_and_asks_nobody(onboarding: Onboarding) -> None:
    """Both reasons are told."""
    fields = {**FIELDS, "legal_name": "Somebody Else"}
    applied = onboarding.submitted(form_pdf(fields))
    shown = onboarding.state(applied)
    assert shown["state"] == "refused"
    assert shown["reasons"] == [
        "the bank account does not belong to the merchant",
        "the licence does not belong to the merchant",
    ]
    assert onboarding.mails() == []
    assert is_undone(onboarding, applied)


@pytest.mark.parametrize(
    ("fault", "settings"),
    [
        ("rate_limited", {}),
        ("error_before_commit", {"status": 503}),
        ("slow_success", {"seconds": 30}),
        ("unreadable_reply", {}),
    ],
)
def test_flaky_register_is_asked_again(
    onboarding: Onboarding, fault: str, settings: dict[str, Any]
) -> None:
    """Four times wrong, then right: nobody notices."""
    onboarding.world.registries.faults.add("*", fault, times=4, **settings)
    onboarding.submitted()
    (mail,) = onboarding.mails()
    assert "bank passed; address passed; licence passed; menu passed" in mail
    assert onboarding.world.registries.faults.describe() == []


def test_register_that_is_down_leaves_a_doubt(onboarding: Onboarding) -> None:
    """It is not asked for ever, and a person decides."""
    registries = onboarding.world.registries
    registries.faults.add("CheckLicence", "error_before_commit", times=1_000)
    applied = onboarding.submitted()
    (mail,) = onboarding.mails()
    assert "licence doubtful (the licence could not be checked)" in mail
    assert registries.requests["CheckLicence"] < 10
    assert onboarding.state(applied)["state"] == "submitted"


def test_what_no_register_knows_is_a_doubt(onboarding: Onboarding) -> None:
    """No verdict is no refusal."""
    onboarding.submitted(form_pdf({**FIELDS, "licence_number": "FOOD-UNHEARD-OF"}))
    (mail,) = onboarding.mails()
    assert "licence doubtful (the licence could not be found)" in mail


def test_scanned_form_is_read_by_its_labels(onboarding: Onboarding) -> None:
    """It has no fields, only lines."""
    onboarding.submitted(scan_pdf(FIELDS))
    (mail,) = onboarding.mails()
    assert "bank passed; address passed; licence passed" in mail
    assert "Doubts: none" in mail


@pytest.mark.parametrize(
    ("form", "doubt"),
    [
        (form_pdf(FIELDS)[:700], "the form cannot be read"),
        (b"no PDF at all", "the form cannot be read"),
        (locked_pdf(FIELDS, "secret"), "the form is encrypted"),
        (bomb_pdf(50), "the form cannot be read"),
        (None, "the form was not uploaded"),
    ],
    ids=["cut off", "no PDF", "encrypted", "bomb", "missing"],
)
def test_form_that_cannot_be_read_goes_to_a_person(
    onboarding: Onboarding, form: bytes | None, doubt: str
) -> None:
    """Once, and not into a loop; the person can fetch the file, and may approve."""
    applied = onboarding.apply()
    onboarding.put(applied, "menu.json", json.dumps(onboarding.menu).encode())
    if form is not None:
        onboarding.put(applied, "form.pdf", form)
    assert onboarding.submit(applied) == 202
    onboarding.settle()
    (mail,) = onboarding.mails()
    assert f"Doubts: {doubt}" in mail
    runs = [run for run in onboarding.offline.runs() if run.function == "onboarding_extract"]
    assert len(runs) == 1
    link = onboarding.link_in(mail)
    assert f"applications/{applied.id}/form.pdf" in onboarding.page(link)
    assert onboarding.decide(link) == 200
    onboarding.settle()
    assert onboarding.state(applied)["state"] == "open"


def test_reader_that_kills_its_function_is_not_tried_again(
    onboarding: Onboarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A file that takes all memory takes it every time."""
    from chalicelib.onboarding import steps

    def fatal(_content: bytes) -> None:
        raise SystemExit(137)

    monkeypatch.setattr(steps, "read_form", fatal)
    onboarding.submitted()
    (mail,) = onboarding.mails()
    assert "Doubts: the form could not be read" in mail


@pytest.mark.parametrize(
    ("change", "reason"),
    [
        ({"items": []}, "menu: a menu needs items (a list)"),
        ({"pos": "abacus"}, "menu: the menu names an unknown point of sale"),
        ({"store_id": "store-001"}, "menu: the menu is for another store than the application"),
        ({"channels": {"pigeon": "1"}}, "menu: the menu names unknown channels: pigeon"),
    ],
)
def test_menu_that_cannot_be_imported_is_refused(
    onboarding: Onboarding, change: dict[str, Any], reason: str
) -> None:
    """In the words that an operator gets for the same file."""
    applied = onboarding.submitted(menu={**onboarding.menu, **change})
    assert onboarding.state(applied)["reasons"] == [reason]


def test_menu_with_another_stores_channel_is_refused(onboarding: Onboarding) -> None:
    """Its orders would be cooked in the wrong kitchen."""
    (other, *_) = onboarding.world.generator.stores
    channels = {**onboarding.menu["channels"], "uber_eats": other.uber_store_id}
    applied = onboarding.submitted(menu={**onboarding.menu, "channels": channels})
    (reason,) = onboarding.state(applied)["reasons"]
    assert reason == f"menu: uber_eats {other.uber_store_id} is another store's"


def test_menu_that_is_changed_after_its_check_is_not_published(onboarding: Onboarding) -> None:
    """The upload form is good for an hour: what was approved is what was checked."""
    applied = onboarding.submitted()
    changed = {**onboarding.menu, "location_id": "SOMEBODY-ELSES-TILL"}
    onboarding.put(applied, "menu.json", json.dumps(changed).encode())
    onboarding.decide(onboarding.link())
    onboarding.settle()
    shown = onboarding.state(applied)
    assert (shown["state"], shown["reasons"]) == (
        "refused",
        ["the menu is not the one that was checked"],
    )
    assert is_undone(onboarding, applied)


@pytest.mark.parametrize("question", ["none", "its own", "another's, approved"])
def test_task_token_out_of_the_history_opens_no_store(
    onboarding: Onboarding, question: str
) -> None:
    """Whoever may read histories and send task results approves nothing: no menu, no store."""
    states = onboarding.offline.client("stepfunctions")
    first = onboarding.submitted()  # approved, and refused for its menu was changed
    (other,) = tokens(onboarding, first)
    onboarding.put(first, "menu.json", b"{}")
    assert onboarding.decide(onboarding.link()) == 200
    onboarding.settle()
    applied = onboarding.submitted()  # for the same store
    link = onboarding.link()
    (token,) = tokens(onboarding, applied)
    named = {"none": "", "its own": token, "another's, approved": other}[question]
    forged = {"decision": "approve", "by": "Mallory", "reason": ""}
    if named:
        forged["question"] = hashlib.sha256(named.encode()).hexdigest()[:32]
    before = puts(onboarding, "menus/")
    states.send_task_success(taskToken=token, output=json.dumps(forged))
    onboarding.settle()
    assert onboarding.state(applied)["state"] == "failed"
    assert onboarding.execution(applied)["error"] == "Undone"  # so that somebody looks
    assert puts(onboarding, "menus/") == before
    assert onboarding.decide(link) == 404


def tokens(onboarding: Onboarding, applied: Applied) -> list[str]:
    """Return the task tokens that the history of an execution shows."""
    arn = onboarding.execution(applied)["executionArn"]
    states = onboarding.offline.client("stepfunctions")
    history = states.get_execution_history(executionArn=arn, maxResults=1000)["events"]
    scheduled = [
        json.loads(event["taskScheduledEventDetails"]["parameters"])
        for event in history
        if event["type"] == "TaskScheduled"
    ]
    payloads = [one.get("Payload", {}) for one in scheduled]
    return [payload["token"] for payload in payloads if "token" in payload]


def puts(onboarding: Onboarding, prefix: str) -> int:
    """Return how many files our functions have written under a prefix."""
    return sum(
        entry.subject == "s3.PutObject" and entry.detail["Key"].startswith(prefix)
        for entry in onboarding.offline.journal.entries()
    )


def test_two_applications_for_one_store_open_it_once(onboarding: Onboarding) -> None:
    """Both were checked while there was no such store; the second's undoing leaves the first's."""
    first, second = onboarding.submitted(), onboarding.submitted()
    links = [onboarding.link_in(mail) for mail in onboarding.mails()]
    assert [onboarding.decide(link) for link in links] == [200, 200]
    onboarding.settle()
    states = sorted(onboarding.state(one)["state"] for one in (first, second))
    assert states == ["open", "refused"]
    assert onboarding.order() in ACCEPTED


def test_store_that_an_operator_opened_meanwhile_stays(onboarding: Onboarding) -> None:
    """It is not this application's to undo."""
    applied = onboarding.submitted()
    body = json.dumps(onboarding.menu).encode()
    key = f"menus/{onboarding.store.store_id}.json"
    onboarding.offline.client("s3").put_object(Bucket=BUCKET, Key=key, Body=body)
    onboarding.settle()
    onboarding.decide(onboarding.link())
    onboarding.settle()
    assert onboarding.state(applied)["state"] == "refused"
    assert onboarding.order() in ACCEPTED


def test_store_that_cannot_be_announced_is_undone(
    onboarding: Onboarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """A fault of ours: the execution fails, so that an alarm goes off, and the merchant is told."""
    applied = onboarding.submitted()
    publish = EventBus.publish

    def deaf(self: EventBus, events: Any) -> None:
        if any(event.type == "store.opened" for event in events):
            raise AwsUnavailable("ThrottlingException")
        publish(self, events)

    monkeypatch.setattr(EventBus, "publish", deaf)
    onboarding.decide(onboarding.link())
    onboarding.settle()
    shown = onboarding.state(applied)
    assert (shown["state"], shown["reasons"]) == ("failed", ["something went wrong on our side"])
    assert is_undone(onboarding, applied)
    execution = onboarding.execution(applied)
    assert (execution["status"], execution["error"]) == ("FAILED", "Undone")
    assert onboarding.order() not in ACCEPTED


def test_submitting_twice_is_once(onboarding: Onboarding) -> None:
    """The execution has the application's id for its name."""
    applied = onboarding.apply()
    onboarding.upload(applied)
    assert [onboarding.submit(applied) for _ in range(3)] == [202, 202, 202]
    onboarding.settle()
    assert len(onboarding.mails()) == 1
    assert onboarding.submit(applied) == 202


@pytest.mark.parametrize(
    ("body", "error"),
    [
        ([], "the body is no JSON object"),
        ({"email": "a@b.example", "store_id": "s"}, "merchant must be a name"),
        ({"merchant": " ", "email": "a@b.example", "store_id": "s"}, "merchant must be a name"),
        ({"merchant": "A", "email": "a b@c", "store_id": "s"}, "email must be an e-mail address"),
        ({"merchant": "A", "email": "a@b.example", "store_id": "../x"}, "store_id"),
        ({"merchant": "A", "email": "a@b.example", "store_id": "s", "x": 1}, "x is not part of"),
        ({"merchant": "A" * 20_000, "email": "a@b.example", "store_id": "s"}, "at most 10 kB"),
    ],
)
def test_bad_application_is_refused(onboarding: Onboarding, body: Any, error: str) -> None:
    """With what is wrong, and nothing is kept."""
    reply = onboarding.offline.http.post("/stores/applications", json=body)
    assert reply.status_code == 400
    assert error in reply.json_body["error"]
    assert onboarding.offline.client("dynamodb").scan(TableName="applications")["Items"] == []


def test_unknown_application_is_not_found(onboarding: Onboarding) -> None:
    """Also when its id looks like one of ours."""
    stranger = replace(onboarding.apply(), id="0" * 32)
    assert onboarding.submit(stranger) == 404
    reply = onboarding.offline.http.get(f"/stores/applications/{stranger.id}")
    assert reply.status_code == 404


def test_upload_forms_take_only_what_was_asked_for(onboarding: Onboarding) -> None:
    """One object each, of one type, up to its size, for an hour; signed in the way AWS takes."""
    import base64

    applied = onboarding.apply()
    for name, (type_, most) in {
        "form.pdf": ("application/pdf", 5_000_000),
        "menu.json": ("application/json", 2_000_000),
    }.items():
        fields = applied.uploads[name]["fields"]
        assert fields["x-amz-algorithm"] == "AWS4-HMAC-SHA256"
        conditions = json.loads(base64.b64decode(fields["policy"]))["conditions"]
        assert ["content-length-range", 1, most] in conditions
        assert {"Content-Type": type_} in conditions
        assert {"key": f"applications/{applied.id}/{name}"} in conditions
