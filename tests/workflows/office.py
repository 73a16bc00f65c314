"""An office: two people with IAM users, a queue with a letter in it, and the app."""

from __future__ import annotations

import json
import re
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from simulators.street import Street

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
        self.inbox_text = ""
        self.stores = {store.store_id: store for store in street.world.generator.stores}
        self.letter(self.order_key("store-001"))
        topic = self.offline.client("sns").create_topic(Name="approvals")["TopicArn"]
        self.inbox = self.sqs.create_queue(QueueName="approvers")["QueueUrl"]
        arn = self.sqs.get_queue_attributes(QueueUrl=self.inbox, AttributeNames=["QueueArn"])
        self.offline.client("sns").subscribe(
            TopicArn=topic, Protocol="sqs", Endpoint=arn["Attributes"]["QueueArn"],
            Attributes={"RawMessageDelivery": "true"},
        )  # fmt: skip

    @staticmethod
    def arn(who: str) -> str:
        """Return the ARN of a person."""
        return f"arn:aws:iam::000000000000:user/{who}"

    def order_key(self, store: str, order: str = "c") -> str:
        """Return the key of an order of a store of ours."""
        return f"doordash#{self.stores[store].doordash_store_id}#{order}"

    def letter(self, body: Any) -> None:
        """Put a letter into the queue: text as it is, else a wake of an order or JSON."""
        if isinstance(body, str) and "#" in body:
            body = {"order_key": body}
        url = self.sqs.get_queue_url(QueueName=QUEUE)["QueueUrl"]
        text = body if isinstance(body, str) else json.dumps(body)
        self.sqs.send_message(QueueUrl=url, MessageBody=text)

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
        self.inbox_text = str(reply["Messages"][-1]["Body"])
        found = re.search(r"/access/decisions/(\S+)", self.inbox_text)
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

    def told(self) -> list[tuple[str, str]]:
        """Return type and subject of the events about access, each once, in their order."""
        details = [
            json.loads(entry["Detail"])
            for call in self.offline.journal.entries()
            if call.subject == "events.PutEvents"
            for entry in call.detail["Entries"]
        ]
        about = {one["id"]: one for one in details if one.get("type", "").startswith("access.")}
        return [(one["type"], one["subject"]) for one in about.values()]

    def find(self, finding: dict[str, Any]) -> None:
        """Let a security service report a finding, and EventBridge deliver it."""
        self.offline.client("lambda").invoke(
            FunctionName="order-middleware-local-access_revoke",
            Payload=json.dumps(
                {
                    "id": "f-1", "source": "aws.securityhub", "version": "0", "resources": [],
                    "detail-type": "Security Hub Findings - Imported", "detail": finding,
                    "account": "000000000000", "region": "us-east-1",
                    "time": "2026-01-01T00:00:00Z",
                }
            ),
        )  # fmt: skip
        self.settle()

    def settle(self) -> None:
        """Let the workflow go on as far as it can now."""
        self.offline.advance(seconds=1, raise_errors=False)

    def pass_minutes(self, minutes: float) -> None:
        """Let time pass."""
        self.offline.advance(minutes=minutes, raise_errors=False)
