"""The messages with a token that confirms a subscription, or takes back that it was deleted."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.sns import deliveries, envelopes
from chalice_offline.services.sns.limits import TOKEN_VALID_MS
from chalice_offline.services.sns.token import Token

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.services.sns.state import SnsState
    from chalice_offline.services.sns.subscription import Subscription
    from chalice_offline.services.sns.topic import Topic

_TOKEN_DIGITS = 288  # as long as AWS's are


def request_confirmation(
    sns: SnsState, context: CallContext, topic: Topic, subscription: Subscription
) -> None:
    """Send the endpoint a token with which to confirm."""
    send_token(sns, context, topic, subscription, "SubscriptionConfirmation")


def send_token(
    sns: SnsState, context: CallContext, topic: Topic, subscription: Subscription, kind: str
) -> None:
    """Give a token out and send it; `kind` is the Type of the message."""
    _forget_expired(sns, context.now_ms)
    token = sns.kernel.ids.hex(_TOKEN_DIGITS)
    sns.tokens[token] = Token(topic, subscription, context.now_ms + TOKEN_VALID_MS)
    message_id = sns.kernel.ids.uuid()
    document = envelopes.confirmation(
        kind,
        subscription,
        token,
        message_id=message_id,
        now_ms=context.now_ms,
        signature_version=topic.signature_version,
    )
    deliveries.send_confirmation(
        sns, topic, subscription, kind, message_id, document, context.entry
    )


def _forget_expired(sns: SnsState, now_ms: int) -> None:
    """Drop the tokens nobody can use any more; the oldest come first."""
    while sns.tokens:
        oldest = next(iter(sns.tokens))
        if sns.tokens[oldest].expires_ms > now_ms:
            return
        del sns.tokens[oldest]
