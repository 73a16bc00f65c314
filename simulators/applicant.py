"""A merchant who applies over HTTP, and a person who decides: for rehearsals of a deployment."""

from __future__ import annotations

import json
import re
from dataclasses import asdict
from typing import TYPE_CHECKING, Any

from simulators.forms import form_pdf
from simulators.registries import GOLDEN_CRUMB

if TYPE_CHECKING:
    import requests

Json = dict[str, Any]
SECONDS = 60


class Applicant:
    """One application for one store, by the deployed URL."""

    def __init__(self, url: str) -> None:
        import requests  # of the environment; what only simulates needs none of it

        self._url = url
        self._http = requests.Session()
        self._id = ""

    def apply(self, menu: Json) -> None:
        """Apply, upload form and menu by the forms that come back, and submit."""
        store_id = menu["store_id"]
        body = {"merchant": "Golden Crumb", "email": "ann@example.com", "store_id": store_id}
        applied = self._answer(self._http.post(self._to(""), json=body, timeout=SECONDS), 201)
        self._id = applied["id"]
        files = {
            "form.pdf": form_pdf(asdict(GOLDEN_CRUMB)),
            "menu.json": json.dumps(menu).encode(),
        }
        for name, content in files.items():
            form = applied["uploads"][name]
            reply = self._http.post(
                form["url"], data=form["fields"], files={"file": content}, timeout=SECONDS
            )
            if reply.status_code != 204:
                raise ApplicationError(f"{name} was not taken: {reply.text}")
        self._answer(self._http.post(self._to(f"/{self._id}/submit"), timeout=SECONDS), 202)

    def state(self) -> str:
        """Return how far the application has come."""
        reply = self._http.get(self._to(f"/{self._id}"), timeout=SECONDS)
        return str(self._answer(reply, 200)["state"])

    def approve(self, mail: str) -> None:
        """Do what the mail asks of a person: look at the page, and approve."""
        found = re.search(r"https?://\S+/approvals/\S+", mail)
        if found is None:
            raise ApplicationError(f"the mail has no link: {mail}")
        page = self._http.get(found[0], timeout=SECONDS)
        if page.status_code != 200 or "Approve" not in page.text:
            raise ApplicationError(f"the link shows: {page.status_code} {page.text}")
        form = {"decision": "approve", "by": "Bea", "reason": ""}
        decided = self._http.post(found[0], data=form, timeout=SECONDS)
        if decided.status_code != 200:
            raise ApplicationError(f"the decision was not taken: {decided.text}")

    def _to(self, path: str) -> str:
        return f"{self._url}/stores/applications{path}"

    def _answer(self, reply: requests.Response, wanted: int) -> Json:
        if reply.status_code != wanted:
            raise ApplicationError(f"{reply.url}: {reply.status_code} {reply.text}")
        found: Json = reply.json()
        return found


class ApplicationError(Exception):
    """A step of the application did not do what it should; the text says what happened."""


class Mailbox:
    """Gets what a topic sends to people: a queue that subscribes, made for the occasion."""

    def __init__(self, sns: Any, sqs: Any, topic_arn: str, name: str) -> None:
        self._sqs = sqs
        self._url = sqs.create_queue(QueueName=name)["QueueUrl"]
        names = ["QueueArn"]
        attributes = sqs.get_queue_attributes(QueueUrl=self._url, AttributeNames=names)
        subscribed = sns.subscribe(
            TopicArn=topic_arn,
            Protocol="sqs",
            Endpoint=attributes["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
            ReturnSubscriptionArn=True,
        )
        self._sns, self._subscription = sns, subscribed["SubscriptionArn"]

    def next_mail(self) -> str:
        """Return the next mail, or nothing."""
        found = self._sqs.receive_message(QueueUrl=self._url, WaitTimeSeconds=1)
        messages = found.get("Messages", [])
        return str(messages[0]["Body"]) if messages else ""

    def close(self) -> None:
        """Leave nothing behind."""
        self._sns.unsubscribe(SubscriptionArn=self._subscription)
        self._sqs.delete_queue(QueueUrl=self._url)
