"""The links that decide: looking changes nothing, and whoever attacks one learns nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from chalicelib.adapters.errors import AwsUnavailable
from chalicelib.adapters.workflows import Workflows
from chalicelib.approvals.links import LinkInvalid, make_link, question_of

if TYPE_CHECKING:
    from tests.workflows.merchant import Onboarding

REFUSED = "This link is not valid."
QUESTION = "0123456789abcdef" * 2


def refusal(onboarding: Onboarding, link: str, method: str = "GET") -> tuple[int, bytes]:
    headers = {"Content-Type": "application/x-www-form-urlencoded"}
    body = b"decision=approve&by=Eve" if method == "POST" else b""
    reply = onboarding.offline.http.request(method, link, headers=headers, body=body)
    return reply.status_code, reply.body


def test_changed_used_and_expired_links_are_refused_alike(onboarding: Onboarding) -> None:
    """To the byte, whether somebody looks or decides: 404 and one sentence."""
    onboarding.submitted()
    link = onboarding.link()
    other = "A" if link[-1] != "A" else "B"
    answers = [refusal(onboarding, link[:-1] + other, method) for method in ("GET", "POST")]
    answers += [refusal(onboarding, "/approvals/nonsense")]
    assert onboarding.decide(link) == 200
    answers += [refusal(onboarding, link, method) for method in ("GET", "POST")]
    onboarding.settle()
    expired = onboarding.apply(store_id="store-005")
    menu = {**onboarding.menu, "store_id": "store-005", "channels": {"uber_eats": "five"}}
    onboarding.upload(expired, menu=menu)
    onboarding.submit(expired)
    onboarding.settle()
    link = onboarding.link()
    onboarding.pass_days(14.1)
    answers += [refusal(onboarding, link, method) for method in ("GET", "POST")]
    status, body = answers[0]
    assert (status, REFUSED in body.decode()) == (404, True)
    assert set(answers) == {(status, body)}


def test_no_character_of_a_link_can_be_changed() -> None:
    """Nor left out, nor added; and what it says cannot be said with another key."""
    link = make_link("key", QUESTION, 2_000)
    assert question_of(["key"], link, 1_999) == QUESTION
    for at, letter in enumerate(link):
        for other in "0aA._-":
            if other == letter:
                continue
            for changed in (link[:at] + other + link[at + 1 :], link[:at] + other + link[at:]):
                with pytest.raises(LinkInvalid):
                    question_of(["key"], changed, 1_999)
        with pytest.raises(LinkInvalid):
            question_of(["key"], link[:at] + link[at + 1 :], 1_999)
    with pytest.raises(LinkInvalid, match="expired"):
        question_of(["key"], link, 2_000)
    with pytest.raises(LinkInvalid):
        question_of(["another"], link, 1_999)


def test_link_outlives_a_rotation_of_its_key() -> None:
    """As long as the version before is kept."""
    link = make_link("old", QUESTION, 2_000)
    assert question_of(["new", "old"], link, 0) == QUESTION


def test_mail_scanners_decide_nothing(onboarding: Onboarding) -> None:
    """They GET, HEAD and OPTIONS every link; afterwards a person can still decide."""
    applied = onboarding.submitted()
    link = onboarding.link()
    for method in ("GET", "HEAD", "OPTIONS", "GET", "PUT", "DELETE"):
        onboarding.offline.http.request(method, link)
    onboarding.settle()
    assert onboarding.state(applied)["state"] == "submitted"
    assert onboarding.decide(link) == 200
    onboarding.settle()
    assert onboarding.state(applied)["state"] == "open"


def test_decision_that_makes_no_sense_can_be_made_again(onboarding: Onboarding) -> None:
    """400 says what is missing, and the link is not used up."""
    onboarding.submitted()
    link = onboarding.link()
    assert onboarding.decide(link, "maybe") == 400
    assert onboarding.decide(link, by="") == 400
    assert onboarding.decide(link, reason="x" * 201) == 400
    assert onboarding.decide(link, reason="x" * 5_000) == 400
    assert onboarding.decide(link) == 200


def test_page_shows_the_case_and_runs_nothing_of_it(onboarding: Onboarding) -> None:
    """What merchants write is text; the page is not kept, framed, indexed or told to others."""
    applied = onboarding.apply(merchant="<script>alert(1)</script>")
    onboarding.upload(applied)
    onboarding.submit(applied)
    onboarding.settle()
    link = onboarding.link()
    page = onboarding.page(link)
    assert "<script>" not in page
    assert "&lt;script&gt;alert(1)&lt;/script&gt;" in page
    for shown in ("Golden Crumb LLC", "1 Market Street", "FOOD-2026-0001", "… 6789"):
        assert shown in page
    assert "000123456789" not in page
    headers = onboarding.offline.http.get(link).headers
    assert headers["cache-control"] == "no-store"
    assert headers["referrer-policy"] == "no-referrer"
    assert "default-src 'none'" in headers["content-security-policy"]
    assert "frame-ancestors 'none'" in headers["content-security-policy"]


def test_mail_tells_no_more_than_it_must(onboarding: Onboarding) -> None:
    """Neither the account nor the address, nor the workflow's token."""
    onboarding.submitted()
    (mail,) = onboarding.mails()
    for secret in ("000123456789", "Market Street", "FOOD-2026-0001"):
        assert secret not in mail
    (item,) = onboarding.offline.client("dynamodb").scan(TableName="approvals")["Items"]
    assert item["task_token"]["S"] not in mail


def test_decision_stands_when_telling_it_failed(
    onboarding: Onboarding, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Whoever comes next tells what was decided, not what they would have said."""
    applied = onboarding.submitted()
    link = onboarding.link()

    def down(_self: Workflows, _token: str, _output: dict[str, str]) -> bool:
        raise AwsUnavailable("ThrottlingException")

    with monkeypatch.context() as patch:
        patch.setattr(Workflows, "answer", down)
        assert onboarding.decide(link, "approve") == 503
    assert onboarding.decide(link, "reject", by="Cal") == 200
    onboarding.settle()
    assert onboarding.state(applied)["state"] == "open"
    (item,) = onboarding.offline.client("dynamodb").scan(TableName="approvals")["Items"]
    assert '"by": "Bea"' in item["answer"]["S"]
    assert "task_token" not in item


def test_link_of_a_stopped_workflow_is_void(onboarding: Onboarding) -> None:
    """Somebody decides what nobody waits for any more."""
    applied = onboarding.submitted()
    link = onboarding.link()
    arn = onboarding.execution(applied)["executionArn"]
    onboarding.offline.client("stepfunctions").stop_execution(executionArn=arn)
    assert onboarding.decide(link) == 404
    assert onboarding.decide(link) == 404


def test_what_needs_a_signed_call_has_no_page(onboarding: Onboarding) -> None:
    """A page cannot prove who decides."""
    onboarding.submitted()
    link = onboarding.link()
    dynamodb = onboarding.offline.client("dynamodb")
    (item,) = dynamodb.scan(TableName="approvals")["Items"]
    dynamodb.put_item(TableName="approvals", Item={**item, "kind": {"S": "access"}})
    assert refusal(onboarding, link)[0] == 404
    assert onboarding.decide(link) == 404
