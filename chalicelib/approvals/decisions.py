"""A question is asked, and a person decides it once."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalicelib import log
from chalicelib.adapters.approval_table import Question
from chalicelib.approvals.links import LinkInvalid, make_link, question_of
from chalicelib.domain.errors import InvalidPayload

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.bootstrap import Services

APPROVE, REJECT = "approve", "reject"
WORD_LENGTH = 200


@dataclass(frozen=True, slots=True)
class Asked:
    """What a person is shown: lines by their name, and files (keys in the bucket) by theirs."""

    kind: str
    subject: str
    text: dict[str, str]
    files: dict[str, str] = field(default_factory=dict)


def ask(services: Services, asked: Asked, token: str, seconds: int) -> str:
    """Write a question down, good for `seconds`, and return the URL that decides it.

    Asked again for the same task (a crash came between), it is the same question and URL.
    """
    question_id = hashlib.sha256(token.encode()).hexdigest()[:32]
    known = services.approvals.get(question_id)
    if known is None:
        ends_s = services.now_ms() // 1000 + seconds
        known = Question(
            id=question_id,
            kind=asked.kind,
            subject=asked.subject,
            text=asked.text,
            files=asked.files,
            ends_s=ends_s,
            task_token=token,
        )
        services.approvals.ask(known)
    link = make_link(services.secrets.get().approval_key, question_id, known.ends_s)
    log.info("approval.asked", kind=asked.kind, subject=asked.subject, question=question_id)
    return f"{services.config.public_url}/approvals/{link}"


def open_question(services: Services, link: str) -> Question:
    """Return the question behind a link that can still be decided; LinkInvalid if there is none."""
    keys = services.secrets.all().each("approval_key")
    question = services.approvals.get(question_of(keys, link, services.now_ms() // 1000))
    if question is None:
        raise LinkInvalid("nobody asks that")
    if question.is_told:
        raise LinkInvalid("it has been used")
    return question


def decide(
    services: Services,
    question: Question,
    decision: str,
    by: str,
    reason: str,
    check: Callable[[Question], None] = lambda _question: None,
) -> str:
    """Decide a question and tell the workflow; return what was decided.

    The decision is written before it is told. Whoever comes after a crash between the two tells
    what was written, not what they say. `check` raises when this person may not decide it. The
    workflow hears which question it was, so that a step can see that the decision is written.
    """
    if decision not in (APPROVE, REJECT):
        raise InvalidPayload("decision must be approve or reject")
    answer = {"decision": decision, "by": _words(by, "by"), "reason": _words(reason, "reason")}
    if not answer["by"]:
        raise InvalidPayload("by must name you")
    check(question)
    if not question.answer and not services.approvals.decide(question.id, answer):
        latest = services.approvals.get(question.id)
        if latest is None or latest.is_told:
            raise LinkInvalid("it has been used")
        answer = latest.answer
    answer = question.answer or answer
    told = {**answer, "question": question.id}
    was_waiting = services.workflows.answer(question.task_token, told)
    services.approvals.note_told(question.id)
    if not was_waiting:
        raise LinkInvalid("nobody waits for it any more")
    log.info(
        "approval.decided",
        kind=question.kind,
        subject=question.subject,
        decision=answer["decision"],
    )
    return answer["decision"]


def written_approval(
    services: Services, question_id: str, kind: str, subject: str
) -> dict[str, str] | None:
    """Return the approval of this subject as it is written down, or None: then there is none.

    What a task's result says proves nothing. Whoever may read the history of executions can read
    the task's token, and whoever may send task results can use it. Only the function that answers
    people's links and signed calls writes decisions. `question_id` is what the result names; each
    question is about one subject, so another's approval is none of this one.
    """
    question = services.approvals.get(question_id) if question_id else None
    if question is None or (question.kind, question.subject) != (kind, subject):
        return None
    return question.answer if question.answer.get("decision") == APPROVE else None


def _words(text: object, name: str) -> str:
    if not isinstance(text, str) or len(text) > WORD_LENGTH:
        raise InvalidPayload(f"{name} must be text of at most {WORD_LENGTH} characters")
    return " ".join(text.split())
