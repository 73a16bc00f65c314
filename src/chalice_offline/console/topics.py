"""Topics and buses: who listens with which filter, and publishing to them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.console.doors import Asked, Door, Refusal
from chalice_offline.core.names import nearest

if TYPE_CHECKING:
    from chalice_offline.console.session import Session


class Topics:
    """The topics and buses of this account and region."""

    def __init__(self, session: Session) -> None:
        self._session = session

    def doors(self) -> list[Door]:
        """Return what can be asked."""
        return [
            Door("GET", "topics", self.all),
            Door("POST", "topics/{name}/publish", self.publish),
            Door("GET", "buses", self.buses),
            Door("POST", "buses/{name}/put", self.put_event),
        ]

    def all(self, _asked: Asked) -> dict[str, Any]:
        """Answer every topic with its subscriptions."""
        return {
            "topics": [
                {
                    "name": arn.rpartition(":")[2],
                    "arn": arn,
                    "fifo": arn.endswith(".fifo"),
                    "subscriptions": self.subscriptions(arn),
                }
                for arn in self.arns()
            ]
        }

    def arns(self) -> list[str]:
        """Return the ARNs of all topics."""
        topics = self._session.read_all("sns", "ListTopics", "Topics")
        return [topic["TopicArn"] for topic in topics]

    def subscriptions(self, topic_arn: str) -> list[dict[str, Any]]:
        """Return the subscriptions of a topic."""
        listed = self._session.read_all(
            "sns", "ListSubscriptionsByTopic", "Subscriptions", TopicArn=topic_arn
        )
        return [self._subscription(one) for one in listed]

    def publish(self, asked: Asked) -> Any:
        """Publish a `message`, with a `subject` and `attributes`."""
        arn = self._find(asked.name("name"))
        request: dict[str, Any] = {"TopicArn": arn, "Message": asked.text("message")}
        if asked.text("subject", ""):
            request["Subject"] = asked.text("subject")
        if attributes := asked.mapping("attributes"):
            request["MessageAttributes"] = {
                name: value
                if isinstance(value, dict)
                else {"DataType": "String", "StringValue": str(value)}
                for name, value in attributes.items()
            }
        if arn.endswith(".fifo"):
            request["MessageGroupId"] = asked.text("group", "console")
            request["MessageDeduplicationId"] = asked.text(
                "deduplication", self._session.emulator.ids.uuid()
            )
        reply = self._session.done("sns", "Publish", request, asked.origin)
        return reply if not isinstance(reply, dict) else {"message_id": reply["MessageId"]}

    def buses(self, _asked: Asked) -> dict[str, Any]:
        """Answer every bus with its rules and their targets."""
        session = self._session
        found = session.read_all("events", "ListEventBuses", "EventBuses")
        return {
            "buses": [
                {"name": bus["Name"], "arn": bus["Arn"], "rules": self.rules(bus["Name"])}
                for bus in found
            ]
        }

    def rules(self, bus: str) -> list[dict[str, Any]]:
        """Return the rules of a bus."""
        session = self._session
        rules = session.read_all("events", "ListRules", "Rules", EventBusName=bus)
        return [
            {
                "name": rule["Name"],
                "arn": rule["Arn"],
                "enabled": rule["State"] != "DISABLED",
                "pattern": rule.get("EventPattern"),
                "schedule": rule.get("ScheduleExpression"),
                "targets": [
                    target["Arn"]
                    for target in session.read_all(
                        "events",
                        "ListTargetsByRule",
                        "Targets",
                        Rule=rule["Name"],
                        EventBusName=bus,
                    )
                ],
            }
            for rule in rules
        ]

    def put_event(self, asked: Asked) -> Any:
        """Put an event on a bus: `source`, `detail_type`, `detail`, `resources`."""
        name = asked.name("name")
        buses = [bus["name"] for bus in self.buses(asked)["buses"]]
        if name not in buses:
            raise Refusal(f"There is no bus {name[:80]}.{nearest(name, buses)}", 404)
        entry: dict[str, Any] = {
            "EventBusName": name,
            "Source": asked.text("source"),
            "DetailType": asked.text("detail_type"),
            "Detail": json.dumps(asked.mapping("detail")),
        }
        resources = asked.body.get("resources")
        if resources is not None:
            entry["Resources"] = resources
        reply = self._session.done("events", "PutEvents", {"Entries": [entry]}, asked.origin)
        if not isinstance(reply, dict):
            return reply
        answer = reply["Entries"][0]
        if "ErrorCode" in answer:
            raise Refusal(f"AWS answers {answer['ErrorCode']}: {answer.get('ErrorMessage', '')}")
        return {"event_id": answer["EventId"]}

    # ---- within ----------------------------------------------------------------------------------

    def _find(self, name: str) -> str:
        arns = {arn.rpartition(":")[2]: arn for arn in self.arns()}
        found = arns.get(name.rpartition(":")[2])
        if found is None:
            raise Refusal(f"There is no topic {name[:80]}.{nearest(name, arns)}", 404)
        return found

    def _subscription(self, listed: dict[str, Any]) -> dict[str, Any]:
        arn = listed["SubscriptionArn"]
        shown = {"arn": arn, "protocol": listed["Protocol"], "endpoint": listed["Endpoint"]}
        if not arn.startswith("arn:"):
            return {**shown, "pending": True}
        attributes = self._session.read("sns", "GetSubscriptionAttributes", SubscriptionArn=arn)
        told = attributes["Attributes"]
        return {
            **shown,
            "pending": told.get("PendingConfirmation") == "true",
            "filter": told.get("FilterPolicy"),
            "filter_scope": told.get("FilterPolicyScope", "MessageAttributes"),
            "raw": told.get("RawMessageDelivery") == "true",
            "dead_letters": told.get("RedrivePolicy"),
        }
