"""Templates in short, and what a queue and all queues look like."""

from __future__ import annotations

from typing import Any

TABLE: dict[str, Any] = {
    "TableName": "orders",
    "BillingMode": "PAY_PER_REQUEST",
    "KeySchema": [{"AttributeName": "id", "KeyType": "HASH"}],
    "AttributeDefinitions": [{"AttributeName": "id", "AttributeType": "S"}],
}


def resources(**declared: Any) -> dict[str, Any]:
    """A template; each resource is (type without AWS::, properties) or a whole dict."""
    return {
        "Resources": {
            name: one if isinstance(one, dict) else {"Type": f"AWS::{one[0]}", "Properties": one[1]}
            for name, one in declared.items()
        }
    }


def queue(name: str = "jobs", **properties: Any) -> tuple[str, dict[str, Any]]:
    return "SQS::Queue", {"QueueName": name, "VisibilityTimeout": 360, **properties}


def attributes(offline: Any, name: str = "jobs") -> dict[str, str]:
    sqs = offline.client("sqs")
    url = sqs.get_queue_url(QueueName=name)["QueueUrl"]
    found: dict[str, str] = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])[
        "Attributes"
    ]
    return found


def queues(offline: Any) -> list[str]:
    urls = offline.client("sqs").list_queues().get("QueueUrls", [])
    return sorted(url.rsplit("/", 1)[1] for url in urls)
