"""A topic's subscriptions, and which of them a message is for."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from operator import attrgetter
from typing import TYPE_CHECKING, Any

from chalice_offline.patterns import PatternIndex
from chalice_offline.services.sns.subscription import PROTOCOLS

if TYPE_CHECKING:
    from collections.abc import Iterator

    from chalice_offline.services.sns.message import Message
    from chalice_offline.services.sns.subscription import Subscription

# How many subscriptions a message passed by are explained one by one in the journal.
_EXPLAINED_MAX = 5
# Developer guide, "Attribute matching": an empty set of attributes fits no policy, exists:false
# included.
_NONE = "The message has no attributes, and a filter policy on attributes needs at least one."


@dataclass(slots=True)
class Choice:
    """Who gets a message, and why others do not.

    `passed_by` counts the confirmed subscriptions whose filter policy does not match, `reasons`
    explains the first few of them, whose `endpoints` they are told by; `pending` counts those not
    confirmed yet.
    """

    chosen: list[Subscription]
    passed_by: int = 0
    pending: int = 0
    reasons: dict[str, list[str]] = field(default_factory=dict)
    endpoints: dict[str, str] = field(default_factory=dict)


class Audience:
    """The subscriptions of one topic, filed so that a message finds its own quickly.

    A publication costs a look-up per indexed attribute and its deliveries, however many
    subscriptions have a filter policy that does not match.
    """

    def __init__(self) -> None:
        self._all: dict[str, Subscription] = {}
        self._confirmed: dict[str, Subscription] = {}
        self._unfiltered: dict[str, Subscription] = {}
        self._by_attributes: PatternIndex[str] = PatternIndex()
        self._by_body: PatternIndex[str] = PatternIndex()
        self._by_endpoint: dict[tuple[str, str], Subscription] = {}

    def __len__(self) -> int:
        return len(self._all)

    def __iter__(self) -> Iterator[Subscription]:
        return iter(self._all.values())

    @property
    def confirmed(self) -> int:
        """How many subscriptions are confirmed."""
        return len(self._confirmed)

    def find(self, protocol: str, endpoint: str) -> Subscription | None:
        """Return the subscription of an endpoint."""
        return self._by_endpoint.get((protocol, endpoint))

    def file(self, subscription: Subscription) -> None:
        """Add a subscription, or file it anew after it was confirmed or its filter changed."""
        arn = subscription.arn
        self._all[arn] = subscription
        self._by_endpoint[subscription.protocol, subscription.endpoint] = subscription
        if not subscription.confirmed:
            return
        self._unfile(arn)
        self._confirmed[arn] = subscription
        if subscription.pattern is None:
            self._unfiltered[arn] = subscription
        elif subscription.filters_body:
            self._by_body.add(arn, subscription.pattern)
        else:
            self._by_attributes.add(arn, subscription.pattern)

    def discard(self, subscription: Subscription) -> None:
        """Take a subscription out."""
        self._all.pop(subscription.arn, None)
        self._by_endpoint.pop((subscription.protocol, subscription.endpoint), None)
        self._confirmed.pop(subscription.arn, None)
        self._unfile(subscription.arn)

    def choose(self, message: Message) -> Choice:
        """Return who gets a message, in the order in which they subscribed."""
        chosen = list(self._unfiltered.values())
        values: dict[str, Any] = {}
        if len(self._by_attributes) and message.attributes:
            values = message.filter_values()
            chosen += [self._all[arn] for arn in self._by_attributes.matching(values)]
        if len(self._by_body):
            chosen += self._chosen_by_body(message)
        chosen.sort(key=attrgetter("number"))
        choice = Choice(
            chosen,
            passed_by=len(self._confirmed) - len(chosen),
            pending=len(self._all) - len(self._confirmed),
        )
        if choice.passed_by:
            self._explain(message, values, choice)
        return choice

    def matches(self, subscription: Subscription, message: Message) -> bool:
        """Whether one subscription gets a message."""
        if subscription.pattern is None:
            return True
        if not subscription.filters_body:
            has_any = bool(message.attributes)
            return has_any and subscription.pattern.matches(message.filter_values())
        body = body_object(message.text_for(subscription.protocol))
        return body is not None and subscription.pattern.matches(body)

    def _chosen_by_body(self, message: Message) -> list[Subscription]:
        protocols_by_text: dict[str, list[str]] = {}
        for protocol in PROTOCOLS:
            protocols_by_text.setdefault(message.text_for(protocol), []).append(protocol)
        chosen: list[Subscription] = []
        for text, protocols in protocols_by_text.items():
            body = body_object(text)
            if body is not None:
                matching = (self._all[arn] for arn in self._by_body.matching(body))
                chosen += [one for one in matching if one.protocol in protocols]
        return chosen

    def _explain(self, message: Message, values: dict[str, Any], choice: Choice) -> None:
        arns = {subscription.arn for subscription in choice.chosen}
        for arn, subscription in self._confirmed.items():
            if arn in arns or subscription.pattern is None:
                continue
            if len(choice.reasons) == _EXPLAINED_MAX:
                return
            choice.endpoints[arn] = subscription.endpoint
            if not subscription.filters_body:
                has_any = bool(message.attributes)
                choice.reasons[arn] = subscription.pattern.explain(values) if has_any else [_NONE]
                continue
            body = body_object(message.text_for(subscription.protocol))
            choice.reasons[arn] = (
                ["The message is no JSON object, and the filter policy looks at its fields."]
                if body is None
                else subscription.pattern.explain(body)
            )

    def _unfile(self, arn: str) -> None:
        self._unfiltered.pop(arn, None)
        self._by_attributes.discard(arn)
        self._by_body.discard(arn)


def body_object(text: str) -> dict[str, Any] | None:
    """Return a message as the JSON object a filter policy on the body needs, or None."""
    try:
        value = json.loads(text)
    except (ValueError, RecursionError):
        return None
    return value if isinstance(value, dict) else None
