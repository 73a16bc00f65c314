"""Merchants who apply, and whoever decides: what tests do to the workflow store-onboarding."""

from __future__ import annotations

import json
import re
from dataclasses import asdict, dataclass
from typing import TYPE_CHECKING, Any

from simulators.forms import form_pdf
from simulators.menu import menu_file
from simulators.orders import OrderGenerator
from simulators.registries import GOLDEN_CRUMB

if TYPE_CHECKING:
    from simulators.menu import Store
    from simulators.street import Street

BUCKET = "order-middleware-local"
MACHINE = "arn:aws:states:us-east-1:000000000000:stateMachine:store-onboarding"
FORM_TYPE = {"Content-Type": "application/x-www-form-urlencoded"}


@dataclass(frozen=True)
class Applied:
    """A merchant's application, as the merchant holds it."""

    id: str
    uploads: dict[str, Any]


class Onboarding:
    """A store that the partners and the till know, and that wants to sell through us."""

    def __init__(self, street: Street, store: Store) -> None:
        self.street = street
        self.offline = street.offline
        self.world = street.world
        self.turn_to(store)
        self._subscribe()

    def turn_to(self, store: Store) -> None:
        """Go on with another store."""
        self.store, self.menu = store, menu_file(store)

    def _subscribe(self) -> None:
        """Let a queue get what a person gets by mail."""
        topic = self.offline.client("sns").create_topic(Name="approvals")["TopicArn"]
        sqs = self.offline.client("sqs")
        self._inbox = sqs.create_queue(QueueName="approvers")["QueueUrl"]
        arn = sqs.get_queue_attributes(QueueUrl=self._inbox, AttributeNames=["QueueArn"])
        self.offline.client("sns").subscribe(
            TopicArn=topic,
            Protocol="sqs",
            Endpoint=arn["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )

    # The merchant.

    def apply(self, **changes: Any) -> Applied:
        body = {"merchant": "Golden Crumb", "email": "ann@example.com"}
        body |= {"store_id": self.store.store_id, **changes}
        reply = self.offline.http.post("/stores/applications", json=body)
        assert reply.status_code == 201, reply.body
        return Applied(reply.json_body["id"], reply.json_body["uploads"])

    def upload(self, applied: Applied, form: bytes | None = None, menu: Any = None) -> None:
        """Put the documents where the upload forms would."""
        files = {
            "form.pdf": form_pdf(asdict(GOLDEN_CRUMB)) if form is None else form,
            "menu.json": json.dumps(menu or self.menu).encode(),
        }
        for name, content in files.items():
            self.put(applied, name, content)

    def put(self, applied: Applied, name: str, content: bytes) -> None:
        key = applied.uploads[name]["fields"]["key"]
        self.offline.client("s3").put_object(Bucket=BUCKET, Key=key, Body=content)

    def submit(self, applied: Applied) -> int:
        reply = self.offline.http.post(f"/stores/applications/{applied.id}/submit")
        return int(reply.status_code)

    def submitted(self, form: bytes | None = None, menu: Any = None) -> Applied:
        """Apply, upload, submit, and let the checks be made."""
        applied = self.apply()
        self.upload(applied, form, menu)
        assert self.submit(applied) == 202
        self.settle()
        return applied

    def state(self, applied: Applied) -> dict[str, Any]:
        reply = self.offline.http.get(f"/stores/applications/{applied.id}")
        shown: dict[str, Any] = reply.json_body
        return shown

    # Whoever decides.

    def mails(self) -> list[str]:
        """Take what the topic of approvals has sent."""
        sqs, taken = self.offline.client("sqs"), []
        while messages := sqs.receive_message(QueueUrl=self._inbox).get("Messages"):
            for message in messages:
                taken.append(message["Body"])
                sqs.delete_message(QueueUrl=self._inbox, ReceiptHandle=message["ReceiptHandle"])
        return taken

    def link(self) -> str:
        """Return the path of the one link that was sent."""
        (mail,) = self.mails()
        return self.link_in(mail)

    def decide(self, link: str, decision: str = "approve", **form: str) -> int:
        fields = {"decision": decision, "by": "Bea", "reason": "", **form}
        body = "&".join(f"{name}={value}" for name, value in fields.items())
        reply = self.offline.http.post(link, headers=FORM_TYPE, body=body)
        return int(reply.status_code)

    # What follows.

    def settle(self) -> None:
        self.offline.settle(raise_errors=False)

    def pass_days(self, days: float) -> None:
        self.offline.advance(days=days, raise_errors=False)

    def execution(self, applied: Applied) -> dict[str, Any]:
        arn = MACHINE.replace(":stateMachine:", ":execution:") + f":{applied.id}"
        found: dict[str, Any] = self.offline.client("stepfunctions").describe_execution(
            executionArn=arn
        )
        return found

    def order(self, number: int = 0) -> str:
        """Let a customer order from the new store; return what the partner was told."""
        generator = OrderGenerator(seed=number, stores=[self.store], channels=["uber_eats"])
        now_ms = round(self.offline.now.timestamp() * 1000)
        order_id = self.world.uber.place(generator.order(number, now_ms).payload)
        self.street.settle()
        self.street.pass_time(seconds=600)
        return self.street.decisions().get(order_id, "")

    def merchants_mails(self) -> list[str]:
        """Return the mails to merchants, subject and text."""
        return [
            json.dumps(entry.detail, ensure_ascii=False, default=str)
            for entry in self.offline.journal.entries()
            if entry.subject == "sesv2.SendEmail"
        ]

    def events(self) -> list[str]:
        """Return the types of the events about stores."""
        return [
            item["DetailType"]
            for entry in self.offline.journal.entries()
            if entry.subject == "events.PutEvents"
            for item in entry.detail["Entries"]
            if item["DetailType"] in ("store.opened", "store.refused")
        ]

    def keys(self, prefix: str) -> list[str]:
        """Return the keys of the bucket's objects."""
        listed = self.offline.client("s3").list_objects_v2(Bucket=BUCKET, Prefix=prefix)
        return [one["Key"] for one in listed.get("Contents", [])]

    def names_of_the_store(self) -> list[str]:
        """Return by which partners' names the store is known to us."""
        items = self.offline.client("dynamodb").scan(TableName="stores")["Items"]
        mine = [item for item in items if item["store_id"]["S"] == self.store.store_id]
        return [item["channel_store"]["S"] for item in mine]

    def page(self, link: str) -> str:
        """Return what whoever decides is shown."""
        reply = self.offline.http.get(link)
        assert reply.status_code == 200
        return reply.body.decode()

    def link_in(self, mail: str) -> str:
        """Return the path of the link in a mail."""
        found = re.search(r"http://127\.0\.0\.1:8000(/approvals/\S+)", mail)
        assert found, mail
        return found[1]
