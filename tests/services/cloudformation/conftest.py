"""Fixture `stacks`: CloudFormation of one emulator, and what tests ask of it again and again."""

from __future__ import annotations

import json
from typing import Any

import pytest


class Stacks:
    """Creates and updates stacks, and tells how that went."""

    def __init__(self, aws: Any) -> None:
        self.aws = aws
        self.client = aws.client("cloudformation")

    def create(self, name: str, template: dict[str, Any] | str, **more: Any) -> str:
        """Create a stack; returns its status."""
        self.client.create_stack(StackName=name, TemplateBody=_text(template), **more)
        return self.status(name)

    def update(self, name: str, template: dict[str, Any] | str, **more: Any) -> str:
        """Update a stack; returns its status."""
        self.client.update_stack(StackName=name, TemplateBody=_text(template), **more)
        return self.status(name)

    def status(self, name: str) -> str:
        return str(self.client.describe_stacks(StackName=name)["Stacks"][0]["StackStatus"])

    def outputs(self, name: str) -> dict[str, str]:
        stack = self.client.describe_stacks(StackName=name)["Stacks"][0]
        return {one["OutputKey"]: one["OutputValue"] for one in stack.get("Outputs", [])}

    def events(self, name: str) -> list[tuple[str, str]]:
        """Return logical id and status of each event, the first first."""
        events = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return [(e["LogicalResourceId"], e["ResourceStatus"]) for e in reversed(events)]

    def reasons(self, name: str) -> list[str]:
        """Return the reasons in a stack's events, the first first."""
        events = self.client.describe_stack_events(StackName=name)["StackEvents"]
        return [e["ResourceStatusReason"] for e in reversed(events) if "ResourceStatusReason" in e]

    def tags(self, listed: Any) -> dict[str, str]:
        """Return tags, however a service lists them, without those that CloudFormation adds."""
        if not isinstance(listed, dict):
            spelled = ({key.lower(): value for key, value in one.items()} for one in listed)
            listed = {
                one.get("key", one.get("tagkey")): one.get("value", one.get("tagvalue"))
                for one in spelled
            }
        return {key: value for key, value in listed.items() if not key.startswith("aws:")}

    def queues(self) -> list[str]:
        urls = self.aws.client("sqs").list_queues().get("QueueUrls", [])
        return sorted(url.rsplit("/", 1)[1] for url in urls)


def _text(template: dict[str, Any] | str) -> str:
    return template if isinstance(template, str) else json.dumps(template)


@pytest.fixture
def stacks(aws: Any) -> Stacks:
    return Stacks(aws)
