"""ConfirmSubscription and Unsubscribe, and the messages that lead to them."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.sns.confirmation_messages import send_token
from chalice_offline.services.sns.errors import (
    bare_invalid_parameter,
    invalid_parameter,
    missing_value,
)
from chalice_offline.services.sns.names import arn_of, required
from chalice_offline.services.sns.subscription import CONFIRMED_BY_ENDPOINT

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sns.state import SnsState
    from chalice_offline.services.sns.subscription import Subscription
    from chalice_offline.services.sns.topic import Topic

_HEXADECIMAL = re.compile(r"[0-9a-f]+")
_ID = re.compile(r"[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}")
_ARN_ELEMENTS = 6
_SUBSCRIPTION_ARN_ELEMENTS = 7


def confirm_subscription(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Confirm the subscription a token was given out for; doing it again is fine.

    Recorded: the name of the topic does not matter, its region does; a token that is not even
    hexadecimal gets a text of its own.
    """
    token_text = request.get("Token", "")
    if not _HEXADECIMAL.fullmatch(token_text):
        raise bare_invalid_parameter("Invalid token")
    token = sns.tokens.get(token_text)
    if token is None or token.expires_ms <= context.now_ms:
        raise invalid_parameter("Token")
    if sns.find_topic_or_none(token.topic.arn) is not token.topic:
        raise invalid_parameter("Token")  # the topic was deleted, and maybe made again
    given_for = token.subscription
    # An endpoint that was unsubscribed and subscribed again has another subscription by now.
    subscription = token.topic.audience.find(given_for.protocol, given_for.endpoint) or given_for
    if _region_of(required(request, "TopicArn")) != subscription.region:
        raise invalid_parameter("Topic")
    if not subscription.confirmed or sns.find_subscription_or_none(subscription.arn) is None:
        _confirm(sns, context, request, token.topic, subscription)
    return {"SubscriptionArn": subscription.arn}


def unsubscribe(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Delete a subscription; one that does not exist is fine.

    API_Unsubscribe: unless an owner asks for it, an HTTP or e-mail endpoint is told, with a
    token that takes it back; AuthenticateOnUnsubscribe keeps everybody else from asking.
    """
    arn = request.get("SubscriptionArn")
    if not arn:
        raise missing_value("SubscriptionArn")
    arn_of(arn, "SubscriptionArn")
    elements = arn.split(":")
    if len(elements) != _SUBSCRIPTION_ARN_ELEMENTS or not _ID.fullmatch(elements[-1]):
        raise invalid_parameter("SubscriptionId")
    subscription = sns.find_subscription_or_none(arn)
    topic = None if subscription is None else sns.find_topic_or_none(subscription.topic_arn)
    if subscription is None or topic is None:
        return {}
    signed = context.signed
    if subscription.authenticate_on_unsubscribe and signed is False:
        raise AwsError("AuthorizationErrorException", "The subscription requires authentication")
    sns.remove_subscription(topic, subscription)
    told = subscription.protocol in CONFIRMED_BY_ENDPOINT and not signed
    if subscription.confirmed and told:
        send_token(sns, context, topic, subscription, "UnsubscribeConfirmation")
    return {}


def _confirm(
    sns: SnsState, context: CallContext, request: Request, topic: Topic, subscription: Subscription
) -> None:
    subscription.confirmed = True
    subscription.authenticate_on_unsubscribe = (
        request.get("AuthenticateOnUnsubscribe", "").lower() == "true"
    )
    subscription.confirmation_authenticated = context.signed
    sns.add_subscription(topic, subscription)
    sns.kernel.note(
        f"sns {subscription.protocol} {subscription.endpoint}",
        {"SubscriptionArn": subscription.arn},
        (context.entry,),
        "confirmed",
    )


def _region_of(arn: str) -> str:
    elements = arn.split(":", _ARN_ELEMENTS - 1)
    return elements[3] if len(elements) == _ARN_ELEMENTS else ""
