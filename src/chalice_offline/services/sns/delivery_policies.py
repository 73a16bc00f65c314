"""DeliveryPolicy attributes: how HTTP endpoints are retried, and with which content type.

A topic's policy is `{"http": {"defaultHealthyRetryPolicy": …}}`, a subscription's is
`{"healthyRetryPolicy": …}`. Shapes and defaults as recorded from Get*Attributes; the texts of
errors as reported by users of AWS.
"""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalice_offline.services.sns.json_text import compact, parse_object
from chalice_offline.services.sns.retry_policies import BACKOFF_FUNCTIONS

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from chalice_offline.core.errors import AwsError

    Refuse = Callable[[str], AwsError]

DEFAULT_CONTENT_TYPE = "text/plain; charset=UTF-8"

_DEFAULT_RETRY_POLICY: Mapping[str, Any] = {
    "minDelayTarget": 20,
    "maxDelayTarget": 20,
    "numRetries": 3,
    "numMaxDelayRetries": 0,
    "numNoDelayRetries": 0,
    "numMinDelayRetries": 0,
    "backoffFunction": "linear",
}
_REQUIRED = ("minDelayTarget", "maxDelayTarget", "numRetries")

# API reference and developer guide, "Creating an HTTP/S delivery policy".
_DELAY_SECONDS_MAX = 3_600
_RETRIES_MAX = 100


def topic_policy(text: str, refuse: Refuse) -> str:
    """Check a topic's policy and return it as AWS stores it."""
    policy = parse_object(text, refuse)
    http = _member(policy, "http", refuse) or {}
    retries = _member(http, "defaultHealthyRetryPolicy", refuse, "http.")
    throttle = _member(http, "defaultThrottlePolicy", refuse, "http.")
    requests = _member(http, "defaultRequestPolicy", refuse, "http.")
    stored: dict[str, Any] = {}
    if retries:
        _check_retries(retries, "http.defaultHealthyRetryPolicy", refuse)
        stored["defaultHealthyRetryPolicy"] = retries
    stored["disableSubscriptionOverrides"] = bool(http.get("disableSubscriptionOverrides"))
    if throttle:
        stored["defaultThrottlePolicy"] = throttle
    if requests:
        _check_content_type(requests, "http.defaultRequestPolicy", refuse)
        stored["defaultRequestPolicy"] = requests
    return compact({"http": stored})


def subscription_policy(text: str, refuse: Refuse) -> str:
    """Check a subscription's policy and return it as AWS stores it, every member present."""
    policy = parse_object(text, refuse)
    retries = _member(policy, "healthyRetryPolicy", refuse)
    requests = _member(policy, "requestPolicy", refuse)
    if retries:
        _check_retries(retries, "healthyRetryPolicy", refuse)
        retries = {**_DEFAULT_RETRY_POLICY, **retries}
    if requests:
        _check_content_type(requests, "requestPolicy", refuse)
    stored = {
        "healthyRetryPolicy": retries or None,
        "sicklyRetryPolicy": _member(policy, "sicklyRetryPolicy", refuse),
        "throttlePolicy": _member(policy, "throttlePolicy", refuse),
        "requestPolicy": requests,
        "guaranteed": bool(policy.get("guaranteed")),
    }
    return compact(stored)


def effective_topic_policy(stored: str) -> dict[str, Any]:
    """Return a topic's policy with AWS's defaults filled in; "" is no policy."""
    http: dict[str, Any] = json.loads(stored)["http"] if stored else {}
    effective: dict[str, Any] = {
        "defaultHealthyRetryPolicy": {
            **_DEFAULT_RETRY_POLICY,
            **http.get("defaultHealthyRetryPolicy", {}),
        },
        "disableSubscriptionOverrides": http.get("disableSubscriptionOverrides", False),
    }
    if "defaultThrottlePolicy" in http:
        effective["defaultThrottlePolicy"] = http["defaultThrottlePolicy"]
    effective["defaultRequestPolicy"] = http.get(
        "defaultRequestPolicy", {"headerContentType": DEFAULT_CONTENT_TYPE}
    )
    return {"http": effective}


def effective_subscription_policy(stored: str, topic_stored: str) -> dict[str, Any]:
    """Return what holds for a subscription: its own policy, else its topic's, else defaults."""
    topic = effective_topic_policy(topic_stored)["http"]
    own: dict[str, Any] = json.loads(stored) if stored else {}
    if topic["disableSubscriptionOverrides"]:
        own = {}
    return {
        "healthyRetryPolicy": own.get("healthyRetryPolicy") or topic["defaultHealthyRetryPolicy"],
        "sicklyRetryPolicy": own.get("sicklyRetryPolicy"),
        "throttlePolicy": own.get("throttlePolicy") or topic.get("defaultThrottlePolicy"),
        "requestPolicy": own.get("requestPolicy") or topic["defaultRequestPolicy"],
        "guaranteed": own.get("guaranteed", False),
    }


def _member(
    policy: Mapping[str, Any], name: str, refuse: Refuse, path: str = ""
) -> dict[str, Any] | None:
    """Return a member that is an object or missing."""
    value = policy.get(name)
    if value is not None and not isinstance(value, dict):
        raise refuse(f"{path}{name} type mismatch, expecting object")
    return value


def _check_content_type(policy: Mapping[str, Any], path: str, refuse: Refuse) -> None:
    content_type = policy.get("headerContentType", "")
    if not isinstance(content_type, str) or not content_type.isprintable():
        raise refuse(f"{path}.headerContentType type mismatch, expecting string")


def _check_retries(policy: Mapping[str, Any], path: str, refuse: Refuse) -> None:
    for name in _REQUIRED:
        if name not in policy:
            raise refuse(f"{path}.{name} must be specified")
    for name, value in policy.items():
        if name not in _DEFAULT_RETRY_POLICY:
            raise refuse(f"{path}.{name} is not a valid attribute")
        if name == "backoffFunction":
            if value not in BACKOFF_FUNCTIONS:
                raise refuse(f"{path}.{name} must be one of {', '.join(BACKOFF_FUNCTIONS)}")
            continue
        if not isinstance(value, int) or isinstance(value, bool):
            received = "a string" if isinstance(value, str) else "another type"
            raise refuse(f"{path}.{name} type mismatch, expecting integer, received {received}")
        highest = _DELAY_SECONDS_MAX if name.endswith("DelayTarget") else _RETRIES_MAX
        if not 0 <= value <= highest:
            raise refuse(f"{path}.{name} must be between 0 and {highest}")
    if policy["minDelayTarget"] > policy["maxDelayTarget"]:
        raise refuse(f"{path}.minDelayTarget must be less than or equal to maxDelayTarget")
