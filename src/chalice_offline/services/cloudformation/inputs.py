"""What the functions of a template may ask for: the values a stack is made with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from chalice_offline.core.arn import partition_of

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping


class NoValue:
    """What `Ref: AWS::NoValue` leaves behind: the property is as if it had not been written."""


NO_VALUE = NoValue()


@dataclass(frozen=True, slots=True)
class Inputs:
    """The parameters and surroundings of one stack.

    `exported(name)` returns the value of an export, None when there is none of that name;
    `imported` are those that were asked for and found.
    """

    stack_name: str
    stack_id: str
    account_id: str
    region: str
    parameters: Mapping[str, Any] = field(default_factory=dict)
    notification_arns: tuple[str, ...] = ()
    exported: Callable[[str], str | None] = lambda _name: None
    imported: set[str] = field(default_factory=set)

    def pseudo_parameter(self, name: str) -> Any:
        """Return what `Ref` gives for a name that begins with AWS::, or None."""
        suffix = "amazonaws.com.cn" if self.region.startswith("cn-") else "amazonaws.com"
        return {
            "AWS::AccountId": self.account_id,
            "AWS::NoValue": NO_VALUE,
            "AWS::NotificationARNs": list(self.notification_arns),
            "AWS::Partition": partition_of(self.region),
            "AWS::Region": self.region,
            "AWS::StackId": self.stack_id,
            "AWS::StackName": self.stack_name,
            "AWS::URLSuffix": suffix,
        }.get(name)
