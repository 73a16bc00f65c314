"""Filter policies: which subscriptions get a message."""

from __future__ import annotations

import json
from typing import Any

from hypothesis import given, settings
from hypothesis import strategies as st

from .conftest import Cloud, number, queue_arn, string


def test_attributes_of_every_kind_are_compared(cloud: Cloud) -> None:
    """Strings as strings, numbers by value, arrays by element; binary is left out."""
    topic = cloud.topic()
    _subscribe(cloud, topic, "text", {"a": ["x"]})
    _subscribe(cloud, topic, "number", {"a": [{"numeric": [">", 0, "<=", 100]}]})
    _subscribe(cloud, topic, "array", {"a": ["second"]})
    _subscribe(cloud, topic, "none", {"a": [{"exists": False}]})
    for attribute, receivers in (
        (string("x"), ["text"]),
        (string("99"), []),
        (number("99.12"), ["number"]),
        (number("100.5"), []),
        ({"DataType": "String.Array", "StringValue": '["first","second"]'}, ["array"]),
        ({"DataType": "Binary", "BinaryValue": b"x"}, ["none"]),
        (None, []),  # AWS: no policy on attributes fits an empty set of them
    ):
        attributes = {} if attribute is None else {"a": attribute}
        assert _receivers(cloud, topic, "m", attributes) == receivers


def test_body_is_compared_when_the_scope_says_so(cloud: Cloud) -> None:
    """Nested fields of a JSON object count; a message that is none reaches nobody."""
    topic = cloud.topic()
    _subscribe(cloud, topic, "nested", {"order": {"store": ["7"]}}, body=True)
    _subscribe(cloud, topic, "flat", {"kind": ["a"]}, body=True)
    assert _receivers(cloud, topic, '{"order":{"store":"7"}}') == ["nested"]
    assert _receivers(cloud, topic, '{"order":{"store":"7"},"kind":"a"}') == ["nested", "flat"]
    for message in ("no json", "[1]", '"kind"', "[" * 5000):
        assert _receivers(cloud, topic, message) == []


def test_body_of_a_structured_message_is_the_protocols_own(cloud: Cloud) -> None:
    """With MessageStructure json a queue's policy looks at what the queue would get."""
    topic = cloud.topic()
    _subscribe(cloud, topic, "queue", {"kind": ["a"]}, body=True)
    function = "arn:aws:lambda:us-east-1:000000000000:function:f"
    policy = json.dumps({"kind": ["a"]})
    cloud.subscribe(topic, "lambda", function, FilterPolicyScope="MessageBody", FilterPolicy=policy)
    message = json.dumps({"default": '{"kind":"b"}', "sqs": '{"kind":"a"}'})
    cloud.publish(topic, message, MessageStructure="json")
    assert len(cloud.sqs.requests) == 1
    assert cloud.lambda_.requests == []


def test_subscriptions_without_policy_get_everything_in_their_order(cloud: Cloud) -> None:
    """Deliveries go out in the order of subscription, filtered or not."""
    topic = cloud.topic()
    _subscribe(cloud, topic, "first", {"a": ["x"]})
    cloud.subscribe(topic, "sqs", queue_arn("second"))
    _subscribe(cloud, topic, "third", {"k": ["x"]}, body=True)
    assert _receivers(cloud, topic, '{"k":"x"}', {"a": string("x")}) == [
        "first",
        "second",
        "third",
    ]


def test_a_changed_policy_holds_for_the_next_message(cloud: Cloud) -> None:
    """Setting, replacing and removing a policy changes who gets the next message."""
    topic = cloud.topic()
    arn = cloud.subscribe(topic, "sqs", queue_arn("q"))
    for policy, attributes, receivers in (
        ('{"a":["x"]}', {"a": string("y")}, []),
        ('{"a":["y"]}', {"a": string("y")}, ["q"]),
        ("", {}, ["q"]),
    ):
        cloud.call(
            "SetSubscriptionAttributes",
            SubscriptionArn=arn,
            AttributeName="FilterPolicy",
            AttributeValue=policy,
        )
        assert _receivers(cloud, topic, "m", attributes) == receivers


def test_a_message_that_is_filtered_out_is_explained(cloud: Cloud) -> None:
    """The journal says how many policies did not match, and why the first few."""
    topic = cloud.topic()
    for index in range(8):
        _subscribe(cloud, topic, f"q{index}", {"store": [f"s{index}"]})
    cloud.publish(topic, MessageAttributes={"store": string("s3")})
    [note] = cloud.notes()
    assert note.outcome == "delivered to 1, filtered out by 7"
    assert note.detail["FilteredOut"] == 7
    reasons = list(note.detail["Reasons"].values())
    assert len(reasons) == 5
    assert '"store" must be "s0"' in reasons[0][0]


_NAMES = st.sampled_from(["a", "b"])
_VALUES = st.sampled_from(["x", "y", "z"])
_POLICIES = st.one_of(
    st.none(),
    st.dictionaries(_NAMES, st.lists(_VALUES, min_size=1, max_size=2), min_size=1),
    st.dictionaries(
        _NAMES, st.just([{"anything-but": ["x"]}]) | st.just([{"exists": False}]), min_size=1
    ),
)


@settings(max_examples=60, deadline=None)
@given(
    policies=st.lists(_POLICIES, max_size=8),
    attributes=st.dictionaries(_NAMES, _VALUES),
    removed=st.sets(st.integers(0, 7)),
)
def test_the_index_agrees_with_trying_each_policy(
    policies: list[Any], attributes: dict[str, str], removed: set[int]
) -> None:
    """Whatever came and went, a message reaches exactly those whose own policy matches."""
    cloud = Cloud()
    topic = cloud.topic()
    arns = []
    for index, policy in enumerate(policies):
        arn = cloud.subscribe(topic, "sqs", queue_arn(f"q{index}"), RawMessageDelivery="true")
        if policy is not None:
            cloud.call(
                "SetSubscriptionAttributes",
                SubscriptionArn=arn,
                AttributeName="FilterPolicy",
                AttributeValue=json.dumps(policy),
            )
        arns.append(arn)
    for index in sorted(removed):
        if index < len(arns):
            cloud.call("Unsubscribe", SubscriptionArn=arns[index])
    expected = [
        f"q{index}"
        for index, policy in enumerate(policies)
        if index not in removed and _accepts(policy, attributes)
    ]
    values = {name: string(value) for name, value in attributes.items()}
    assert _receivers(cloud, topic, "m", values) == expected


def _accepts(policy: Any, attributes: dict[str, str]) -> bool:
    if policy is None or not attributes:
        return policy is None
    return all(
        any(_alternative(one, attributes.get(name)) for one in alternatives)
        for name, alternatives in policy.items()
    )


def _alternative(alternative: Any, value: str | None) -> bool:
    if alternative == {"exists": False}:
        return value is None
    if isinstance(alternative, dict):
        return value is not None and value not in alternative["anything-but"]
    return value == alternative


def _subscribe(
    cloud: Cloud, topic: str, queue: str, policy: dict[str, Any], *, body: bool = False
) -> str:
    scope = "MessageBody" if body else "MessageAttributes"
    return cloud.subscribe(
        topic,
        "sqs",
        queue_arn(queue),
        FilterPolicyScope=scope,
        FilterPolicy=json.dumps(policy),
    )


def _receivers(
    cloud: Cloud, topic: str, message: str, attributes: dict[str, Any] | None = None
) -> list[str]:
    cloud.sqs.requests.clear()
    cloud.publish(topic, message, MessageAttributes=attributes or {})
    return [request["QueueUrl"].rsplit("/", 1)[-1] for request in cloud.sqs.requests]
