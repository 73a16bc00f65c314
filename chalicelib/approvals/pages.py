"""GET and POST /approvals/{link}: a page that asks, and what follows from the button.

Looking changes nothing: mail scanners and previews open every link. A link that is changed, used
or over gets one and the same answer, so that nobody learns which it was.
"""

from __future__ import annotations

import html
from typing import TYPE_CHECKING
from urllib.parse import parse_qs

from chalicelib import log
from chalicelib.approvals.decisions import decide, open_question
from chalicelib.approvals.links import LinkInvalid
from chalicelib.channels.base import WebhookReply
from chalicelib.domain.errors import DomainError, InvalidPayload

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalicelib.adapters.approval_table import Question
    from chalicelib.bootstrap import Services

HEADERS = {
    "Content-Type": "text/html; charset=utf-8",
    "Cache-Control": "no-store",
    "Referrer-Policy": "no-referrer",
    "X-Content-Type-Options": "nosniff",
    "X-Robots-Tag": "noindex",
    "Content-Security-Policy": "default-src 'none'; style-src 'unsafe-inline'; "
    "form-action 'self'; frame-ancestors 'none'; base-uri 'none'",
}
MAX_BODY_BYTES = 4_096
FILE_SECONDS = 600
"""How long the page's links to files are good: it may be loaded again."""

BY_CALL_ONLY = frozenset({"access"})
"""Kinds that need to know who decides: a page in a browser cannot prove it."""


def show(services: Services, link: str) -> WebhookReply:
    """Show what is asked."""
    return _answered(lambda: _question_page(services, _shown(services, link)))


def answer(services: Services, link: str, body: bytes) -> WebhookReply:
    """Take the form of the page: decision, by and reason."""

    def take() -> WebhookReply:
        question = _shown(services, link)
        if len(body) > MAX_BODY_BYTES:
            raise InvalidPayload("the form is too long")
        try:
            form = parse_qs(body.decode(), keep_blank_values=True, max_num_fields=8)
        except ValueError as error:
            raise InvalidPayload("the form cannot be read") from error
        given = {name: values[0] for name, values in form.items()}
        decided = decide(
            services,
            question,
            given.get("decision", ""),
            given.get("by", ""),
            given.get("reason", ""),
        )
        return _page(200, "Thank you", f"<p>It was decided: <b>{html.escape(decided)}</b>.</p>")

    return _answered(take)


def _shown(services: Services, link: str) -> Question:
    question = open_question(services, link)
    if question.kind in BY_CALL_ONLY:
        raise LinkInvalid("it is decided by a signed call")
    return question


def _answered(reply: Callable[[], WebhookReply]) -> WebhookReply:
    try:
        return reply()
    except LinkInvalid as error:
        log.warning("approval.link_refused", reason=str(error))
        return _page(404, "Not found", "<p>This link is not valid.</p>")
    except InvalidPayload as error:
        return _page(400, "Not understood", f"<p>{html.escape(str(error))}</p>")
    except DomainError as error:
        log.error("approval.failed", reason=str(error))
        return _page(503, "Not now", "<p>Please try again in a minute.</p>")


def _question_page(services: Services, question: Question) -> WebhookReply:
    rows = "".join(
        f"<dt>{html.escape(name)}</dt><dd>{html.escape(value)}</dd>"
        for name, value in question.text.items()
        if value
    )
    files = "".join(
        f'<li><a href="{html.escape(services.files.link(key, FILE_SECONDS))}">'
        f"{html.escape(name)}</a></li>"
        for name, key in question.files.items()
    )
    files = files and f"<h2>Files</h2><ul>{files}</ul>"
    form = (
        '<form method="post"><label>Your name<br><input name="by" required maxlength="200" '
        'autocomplete="name"></label><label>Reason, which the other side may read<br>'
        '<textarea name="reason" maxlength="200" rows="3"></textarea></label><p>'
        '<button name="decision" value="approve">Approve</button> '
        '<button name="decision" value="reject">Reject</button></p></form>'
    )
    return _page(200, question.kind.capitalize(), f"<dl>{rows}</dl>{files}{form}")


def _page(status: int, title: str, content: str) -> WebhookReply:
    style = (
        "body{font:1.1rem/1.5 system-ui,sans-serif;max-width:40rem;margin:2rem auto;padding:0 1rem;"
        "color-scheme:light dark}dt{font-weight:600}dd{margin:0 0 .5rem}input,textarea{width:100%;"
        "font:inherit;box-sizing:border-box}label{display:block;margin:1rem 0}"
        "button{font:inherit;padding:.5rem 1.5rem}"
    )
    page = (
        f'<!doctype html><html lang="en"><meta charset="utf-8"><title>{html.escape(title)}</title>'
        '<meta name="viewport" content="width=device-width,initial-scale=1">'
        f"<style>{style}</style><h1>{html.escape(title)}</h1>{content}</html>"
    )
    return WebhookReply(status, page, HEADERS)
