"""The steps of the workflow store-onboarding, in the order in which it takes them.

Each is given {"application_id"} and what it asks for by name, and may be taken twice: a step that
has been taken finds its work done. What forms say stays in the table; the workflow, whose history
is kept for ninety days, hears of results only.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib import log
from chalicelib.adapters.files import FileTooLarge
from chalicelib.approvals.decisions import Asked, written_approval
from chalicelib.approvals.decisions import ask as ask_person
from chalicelib.domain.errors import DomainError, InvalidPayload
from chalicelib.domain.events import Event, event_id
from chalicelib.onboarding.application import FORM, UPLOADS, Application, Form, Progress
from chalicelib.onboarding.checks import check, digest, read_application_menu
from chalicelib.onboarding.documents import read_form

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalicelib.bootstrap import Services
    from chalicelib.domain.store import Menu

Data = dict[str, Any]

KIND = "onboarding"
"""What the question is called that a person answers."""

UNDONE = {
    "Refused": Progress.REFUSED,
    "InvalidPayload": Progress.REFUSED,
    "StoreTaken": Progress.REFUSED,
    "Expired": Progress.EXPIRED,
}
"""What an application becomes, by the workflow's error; whatever else went wrong is our fault."""


class StoreTaken(DomainError):  # noqa: N818 - what happened
    """Another application was faster, or another store has the partner's id."""


class NotApproved(DomainError):  # noqa: N818 - what it is
    """The workflow says that somebody approved, and nobody wrote that down."""


class NotYetOpen(DomainError):  # noqa: N818 - the workflow's Retry names it
    """The menu was published and has not been imported yet."""


def extract(services: Services, data: Data) -> Data:
    """Read the form, keep what it says, and return what a person has to look at."""
    application = _application(services, data)
    form, doubts = _form(services, application)
    services.applications.keep_form(application.id, form)
    log.info("onboarding.extracted", application=application.id, doubts=len(doubts))
    return {"doubts": doubts}


def check_one(services: Services, data: Data) -> Data:
    """Make the check that is named."""
    application = _application(services, data)
    result = check(services, application, data["check"])
    log.info(
        "onboarding.checked", application=application.id, check=result["check"],
        result=result["result"],
    )  # fmt: skip
    return result


def ask(services: Services, data: Data) -> Data:
    """Let a person decide: the link goes to whoever subscribed to the topic of approvals."""
    application = _application(services, data)
    told = {
        "Merchant": application.merchant,
        "Store": application.store_id,
        "Checks": "; ".join(_line(one) for one in data["checks"]),
        "Doubts": "; ".join(data["doubts"]) or "none",
    }
    asked = Asked(
        kind=KIND,
        subject=application.id,
        text={**told, **_form_lines(application.form)},
        files={name: application.file_key(name) for name in UPLOADS},
    )
    url = ask_person(services, asked, data["token"], data["seconds"])
    # Mails are kept by whoever gets them: what the form says is on the page only.
    lines = [f"{name}: {value}" for name, value in told.items()]
    services.topics.publish(
        data["topic"],
        f"Approve store {application.store_id}?",
        "\n".join([*lines, "", f"Decide here, once, within two weeks: {url}"]),
    )
    return {}


def open_store(services: Services, data: Data) -> Data:
    """Publish the menu by the way that every menu takes, and wait until the store is there.

    Nothing is published that nobody approved: the table has to say so, the workflow's word is not
    enough (approvals/decisions.py).
    """
    application = _application(services, data)
    if written_approval(services, data["question"], KIND, application.id) is None:
        log.error("onboarding.forged", application=application.id, question=data["question"])
        raise NotApproved(f"nobody has approved application {application.id}")
    menu, content = read_application_menu(services, application)
    if digest(content) != application.menu_digest:
        # The upload form was good for an hour, and what was approved is what was checked.
        raise InvalidPayload("the menu is not the one that was checked")
    _claim(services, application)
    if not _is_there(services, application, menu):
        services.files.write(_menu_key(application), content)
        raise NotYetOpen(f"the menu of store {application.store_id} is not imported yet")
    services.applications.keep_form(application.id, None)
    services.applications.advance(application.id, Progress.OPEN, since=(Progress.SUBMITTED,))
    _publish(services, "store.opened", application, {})
    return _mail(application, "Your store is open", ["Orders can come in."])


def _form(services: Services, application: Application) -> tuple[Form, list[str]]:
    try:
        content = services.files.read_at_most(application.file_key(FORM), UPLOADS[FORM][1])
    except FileTooLarge:
        return Form(), ["the form is larger than 5 MB"]
    return (Form(), ["the form was not uploaded"]) if content is None else read_form(content)


def _claim(services: Services, application: Application) -> None:
    """Make the store's id this application's own; StoreTaken when it is somebody else's."""
    if services.applications.has_claim(application):
        return
    if any(store.store_id == application.store_id for _, _, store in services.stores.all()):
        raise StoreTaken(f"there is a store {application.store_id} already")
    if not services.applications.claim(application):
        raise StoreTaken(f"another application for store {application.store_id} came first")


def _is_there(services: Services, application: Application, menu: Menu) -> bool:
    """Say whether orders of every channel find the store."""
    found = [services.stores.find(*name) for name in menu.channels.items()]
    if any(store is not None and store.store_id != application.store_id for store in found):
        raise StoreTaken("a channel's id in the menu is another store's")
    return None not in found


def close(services: Services, data: Data) -> Data:
    """Undo all that was made, note why, and return the mail that tells the merchant."""
    application = _application(services, data)
    progress = UNDONE.get(data["error"], Progress.FAILED)
    reasons = _reasons(data["cause"])
    if progress is Progress.FAILED:
        log.error("onboarding.failed", application=application.id, error=data["error"])
        reasons = ("something went wrong on our side",)
    if services.applications.has_claim(application):
        # The menu first: its import must not bring back a store that is gone.
        services.files.delete(_menu_key(application))
        services.stores.remove(application.store_id)
        services.applications.release(application)
    for name in UPLOADS:
        services.files.delete(application.file_key(name))
    services.applications.keep_form(application.id, None)
    since = (Progress.SUBMITTED, Progress.OPEN)
    services.applications.advance(application.id, progress, since=since, reasons=reasons)
    why = {"state": str(progress), "reasons": list(reasons)}
    _publish(services, "store.refused", application, why)
    said = ["We had to say no.", *reasons, "", "You may apply again."]
    failed = progress is Progress.FAILED
    return _mail(application, "Your application", said, failed=failed)


STEPS: Mapping[str, Callable[[Services, Data], Data]] = {
    "extract": extract,
    "check": check_one,
    "ask": ask,
    "open": open_store,
    "close": close,
}


def take_step(services: Services, step: str, data: Data) -> Data:
    """Take a step of the workflow."""
    return STEPS[step](services, data)


def _application(services: Services, data: Data) -> Application:
    found = services.applications.get(data["application_id"])
    if found is None:
        raise InvalidPayload(f"there is no application {data['application_id']}")
    return found


def _reasons(cause: str) -> tuple[str, ...]:
    """Return why, in words for the merchant. What a function raised comes as Lambda's JSON."""
    try:
        raised = json.loads(cause)
        cause = raised["errorMessage"]
    except (ValueError, TypeError, KeyError):
        pass  # the workflow's own words
    return tuple(one for one in str(cause).split("; ") if one)


def _form_lines(form: Form | None) -> dict[str, str]:
    if form is None:
        return {}
    return {
        "Legal name": form.legal_name,
        "Address": ", ".join(filter(None, (form.street, form.postcode, form.city))),
        "Licence": form.licence_number,
        "Bank account": f"… {form.bank_account[-4:]}" if form.bank_account else "",
    }


def _menu_key(application: Application) -> str:
    return f"menus/{application.store_id}.json"


def _line(result: Mapping[str, Any]) -> str:
    reason = f" ({result['reason']})" if result.get("reason") else ""
    return f"{result['check']} {result['result']}{reason}"


def _publish(services: Services, type_: str, application: Application, more: Data) -> None:
    id_ = event_id(type_, application.id)
    data = {"storeId": application.store_id, **more}
    services.bus.publish([Event(id_, type_, application.store_id, services.now_ms(), data)])


def _mail(
    application: Application, subject: str, lines: list[str], *, failed: bool = False
) -> Data:
    """Return what the workflow tells the merchant, and whether it has to tell us."""
    text = "\n".join([f"Dear {application.merchant},", "", *lines])
    return {"to": application.email, "subject": subject, "text": text, "failed": failed}
