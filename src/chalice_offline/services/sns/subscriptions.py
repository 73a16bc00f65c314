"""Get and set a subscription's attributes, list subscriptions."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.sns import deliveries, subscription_attributes
from chalice_offline.services.sns.errors import invalid_parameter, subscription_not_found
from chalice_offline.services.sns.names import arn_of, required
from chalice_offline.services.sns.pages import page_of

if TYPE_CHECKING:
    from collections.abc import Iterable

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sns.state import SnsState
    from chalice_offline.services.sns.subscription import Subscription


def get_subscription_attributes(sns: SnsState, _context: CallContext, request: Request) -> Result:
    """Return all attributes of a subscription, for a while also after its topic was deleted."""
    arn = required(request, "SubscriptionArn")
    arn_of(arn, "SubscriptionArn")
    subscription = sns.find_subscription_or_none(arn) or sns.find_orphan_or_none(arn)
    if subscription is None:
        raise subscription_not_found()
    topic = sns.find_topic_or_none(subscription.topic_arn)
    return {"Attributes": subscription_attributes.shown(topic, subscription)}


def set_subscription_attributes(sns: SnsState, _context: CallContext, request: Request) -> Result:
    """Set one attribute of a subscription."""
    arn = required(request, "SubscriptionArn")
    arn_of(arn, "SubscriptionArn")
    subscription = sns.find_subscription_or_none(arn)
    topic = None if subscription is None else sns.find_topic_or_none(subscription.topic_arn)
    if subscription is None or topic is None:
        raise subscription_not_found()
    name = request.get("AttributeName", "")
    if name not in subscription_attributes.CHECKS:
        raise invalid_parameter("AttributeName")
    value = request.get("AttributeValue", "")
    subscription_attributes.set_attribute(topic, subscription, name, value, "")
    sns.add_subscription(topic, subscription)
    if name == "ReplayPolicy" and value:
        deliveries.replay(sns, topic, subscription)
    return {}


def list_subscriptions(sns: SnsState, context: CallContext, request: Request) -> Result:
    """List the account's subscriptions in this region, 100 at a time."""
    subscriptions = sns.find_subscriptions(context.account_id, context.region)
    return _page(subscriptions, request)


def list_subscriptions_by_topic(sns: SnsState, context: CallContext, request: Request) -> Result:
    """List a topic's subscriptions, 100 at a time."""
    topic = sns.find_topic(context, request)
    return _page(topic.audience, request)


def _page(subscriptions: Iterable[Subscription], request: Request) -> Result:
    page, token = page_of(subscriptions, request.get("NextToken"))
    result: Result = {"Subscriptions": [subscription.summary() for subscription in page]}
    if token:
        result["NextToken"] = token
    return result
