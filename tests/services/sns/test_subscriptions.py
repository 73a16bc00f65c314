"""Subscribe, confirmation, Unsubscribe and a subscription's attributes."""

from __future__ import annotations

import json

import pytest

from .conftest import Cloud, queue_arn


def test_subscribe_queue_is_confirmed_at_once(cloud: Cloud) -> None:
    """A queue of the same account needs no confirmation."""
    topic = cloud.topic()
    reply = cloud.call("Subscribe", TopicArn=topic, Protocol="sqs", Endpoint=queue_arn("q"))
    arn = reply["SubscriptionArn"]
    attributes = cloud.call("GetSubscriptionAttributes", SubscriptionArn=arn)["Attributes"]
    assert attributes == {
        "ConfirmationWasAuthenticated": "true",
        "Endpoint": queue_arn("q"),
        "Owner": "000000000000",
        "PendingConfirmation": "false",
        "Protocol": "sqs",
        "RawMessageDelivery": "false",
        "SubscriptionArn": arn,
        "SubscriptionPrincipal": "arn:aws:iam::000000000000:user/chalice-offline",
        "TopicArn": topic,
    }


def test_subscribe_is_idempotent(cloud: Cloud) -> None:
    """The same endpoint gets the same ARN; other attributes for it are an error."""
    topic = cloud.topic()
    arn = cloud.subscribe(topic, RawMessageDelivery="True")
    assert cloud.subscribe(topic) == arn
    assert cloud.subscribe(topic, RawMessageDelivery="true") == arn
    assert cloud.subscribe(topic, FilterPolicyScope="MessageAttributes") == arn
    text = cloud.error(
        "Subscribe",
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue_arn("inbox"),
        Attributes={"RawMessageDelivery": "false"},
    )[1]
    assert text == (
        "Invalid parameter: Attributes Reason: Subscription already exists with different "
        "attributes"
    )


@pytest.mark.parametrize(
    ("protocol", "endpoint", "text"),
    [
        ("pigeon", "loft", "Amazon SNS does not support this protocol string: pigeon"),
        ("sqs", "https://sqs.us-east-1.amazonaws.com/0/q", "SQS endpoint ARN"),
        ("sqs", "q", "SQS endpoint ARN"),
        ("http", "https://example.com", "Endpoint must match the specified protocol"),
        ("lambda", "f", "Lambda endpoint ARN"),
        ("email", "nobody", "Email address"),
        (
            "sqs",
            queue_arn("q.fifo"),
            (
                "Invalid parameter: Endpoint Reason: FIFO SQS Queues can not be subscribed to "
                "standard SNS topics"
            ),
        ),
    ],
)
def test_subscribe_refuses_endpoints(cloud: Cloud, protocol: str, endpoint: str, text: str) -> None:
    """Each protocol takes its own kind of endpoint."""
    error = cloud.error("Subscribe", TopicArn=cloud.topic(), Protocol=protocol, Endpoint=endpoint)
    assert error == ("InvalidParameterException", f"Invalid parameter: {text}")


@pytest.mark.parametrize("number", ["+15--551234567", "NAA+15551234567", "+15551234567.", "x"])
def test_subscribe_refuses_phone_numbers(cloud: Cloud, number: str) -> None:
    """Separators stand singly between digits, and letters are none."""
    error = cloud.error("Subscribe", TopicArn=cloud.topic(), Protocol="sms", Endpoint=number)
    assert error[1] == f"Invalid SMS endpoint: {number}"


@pytest.mark.parametrize("number", ["+1234567890", "+12/34-567.890"])
def test_subscribe_accepts_phone_numbers(cloud: Cloud, number: str) -> None:
    """A phone number is confirmed at once."""
    topic = cloud.topic()
    arn = cloud.subscribe(topic, "sms", number)
    assert arn.startswith(f"{topic}:")


def test_subscribe_fifo_topic_takes_queues_only(cloud: Cloud) -> None:
    """A FIFO topic delivers to FIFO and standard queues, and to nothing else."""
    topic = cloud.fifo_topic()
    cloud.subscribe(topic, "sqs", queue_arn("q.fifo"))
    cloud.subscribe(topic, "sqs", queue_arn("q"))
    error = cloud.error("Subscribe", TopicArn=topic, Protocol="sms", Endpoint="+15551234567")
    assert error[1] == "Invalid parameter: Invalid protocol type: sms"


def test_http_subscription_gets_nothing_until_it_confirms(cloud: Cloud) -> None:
    """The endpoint gets a token; only after ConfirmSubscription it gets messages."""
    topic = cloud.topic()
    request = {"TopicArn": topic, "Protocol": "http", "Endpoint": "http://example.com/hook"}
    assert cloud.call("Subscribe", **request) == {"SubscriptionArn": "pending confirmation"}
    cloud.publish(topic, "too early")
    cloud.settle()
    [document] = cloud.outside.documents()
    assert document["Type"] == "SubscriptionConfirmation"
    token = document["Token"]
    assert document["SubscribeURL"] == (
        f"http://127.0.0.1:4566/?Action=ConfirmSubscription&TopicArn={topic}&Token={token}"
    )
    [listed] = cloud.call("ListSubscriptionsByTopic", TopicArn=topic)["Subscriptions"]
    assert listed["SubscriptionArn"] == "PendingConfirmation"

    link = {"TopicArn": topic, "Token": token, "signed": False}  # followed without credentials
    arn = cloud.call("ConfirmSubscription", **link)["SubscriptionArn"]
    cloud.publish(topic, "in time")
    cloud.settle()
    assert [document["Message"] for document in cloud.outside.documents()[1:]] == ["in time"]
    attributes = cloud.call("GetSubscriptionAttributes", SubscriptionArn=arn)["Attributes"]
    assert attributes["PendingConfirmation"] == "false"
    assert attributes["ConfirmationWasAuthenticated"] == "false"


def test_http_confirmation_carries_the_headers_of_sns(cloud: Cloud) -> None:
    """Type, message and topic are in headers, so that an endpoint needs no JSON to route."""
    topic = cloud.topic()
    cloud.subscribe(topic, "http", "http://example.com/hook")
    cloud.settle()
    [request] = cloud.outside.requests
    document = json.loads(request.body)
    assert dict(request.headers) == {
        "x-amz-sns-message-type": "SubscriptionConfirmation",
        "x-amz-sns-message-id": document["MessageId"],
        "x-amz-sns-topic-arn": topic,
        "content-type": "text/plain; charset=UTF-8",
        "user-agent": "Amazon Simple Notification Service Agent",
        "accept-encoding": "gzip,deflate",
    }


def test_subscribe_again_sends_the_confirmation_again(cloud: Cloud) -> None:
    """An endpoint that lost its token gets another for the same subscription."""
    topic = cloud.topic()
    first = cloud.subscribe(topic, "http", "http://example.com/hook")
    assert cloud.subscribe(topic, "http", "http://example.com/hook") == first
    cloud.settle()
    tokens = [document["Token"] for document in cloud.outside.documents()]
    assert len(dict.fromkeys(tokens)) == 2
    for token in tokens:
        reply = cloud.call("ConfirmSubscription", TopicArn=topic, Token=token)
        assert reply == {"SubscriptionArn": first}


def test_confirm_subscription_refuses_tokens(cloud: Cloud) -> None:
    """A token that is not hexadecimal, one never given out, and another region's topic."""
    topic = cloud.topic()
    cloud.subscribe(topic, "http", "http://example.com/hook")
    cloud.settle()
    token = cloud.outside.documents()[0]["Token"]
    for wrong, arn, text in (
        ("random", topic, "Invalid token"),
        ("abc123", topic, "Invalid parameter: Token"),
        (token, "orders", "Invalid parameter: Topic"),
        (token, topic.replace("us-east-1", "eu-west-1"), "Invalid parameter: Topic"),
    ):
        assert cloud.error("ConfirmSubscription", TopicArn=arn, Token=wrong)[1] == text
    # Recorded: the topic's name does not matter.
    cloud.call("ConfirmSubscription", TopicArn=f"{topic}-else", Token=token)


def test_confirm_subscription_refuses_an_old_token(cloud: Cloud) -> None:
    """A token is valid for two days."""
    topic = cloud.topic()
    cloud.subscribe(topic, "http", "http://example.com/hook")
    cloud.settle()
    cloud.advance(2 * 86_400)
    token = cloud.outside.documents()[0]["Token"]
    error = cloud.error("ConfirmSubscription", TopicArn=topic, Token=token)
    assert error[1] == "Invalid parameter: Token"


def test_unsubscribe_tells_an_http_endpoint_which_can_come_back(cloud: Cloud) -> None:
    """The last message to an endpoint holds a token that restores its subscription."""
    topic = cloud.topic()
    arn = cloud.subscribe(topic, "http", "http://example.com/hook")
    cloud.settle()
    cloud.call("ConfirmSubscription", TopicArn=topic, Token=cloud.outside.documents()[0]["Token"])
    cloud.call("Unsubscribe", SubscriptionArn=arn, signed=False)
    cloud.settle()
    farewell = cloud.outside.documents()[-1]
    assert farewell["Type"] == "UnsubscribeConfirmation"
    assert farewell["Message"].startswith(f"You have chosen to deactivate subscription {arn}.")
    cloud.publish(topic, "unheard")
    cloud.call("ConfirmSubscription", TopicArn=topic, Token=farewell["Token"])
    cloud.publish(topic, "heard")
    cloud.settle()
    assert [document["Message"] for document in cloud.outside.documents()[2:]] == ["heard"]


@pytest.mark.parametrize(
    ("arn", "text"),
    [
        ("x", "SubscriptionArn Reason: An ARN must have at least 6 elements, not 1"),
        (
            "arn:aws:sns:us-east-1:x",
            "SubscriptionArn Reason: An ARN must have at least 6 elements, not 5",
        ),
        ("arn:aws:sns:us-east-1:000000000000:orders", "SubscriptionId"),
        ("", "SubscriptionArn Reason: no value for required parameter"),
    ],
)
def test_unsubscribe_refuses_arns(cloud: Cloud, arn: str, text: str) -> None:
    """What cannot be a subscription's ARN is refused."""
    error = cloud.error("Unsubscribe", SubscriptionArn=arn)
    assert error == ("InvalidParameterException", f"Invalid parameter: {text}")


def test_unsubscribe_is_idempotent(cloud: Cloud) -> None:
    """A subscription can be deleted again and gets nothing any more."""
    topic = cloud.topic()
    arn = cloud.subscribe(topic)
    cloud.call("Unsubscribe", SubscriptionArn=arn)
    assert cloud.call("Unsubscribe", SubscriptionArn=arn) == {}
    cloud.publish(topic)
    assert cloud.sqs.requests == []
    error = cloud.error("GetSubscriptionAttributes", SubscriptionArn=arn)
    assert error == ("NotFoundException", "Subscription does not exist")


def test_subscriptions_of_a_deleted_topic_can_be_read_for_two_days(cloud: Cloud) -> None:
    """DeleteTopic orphans subscriptions: readable for a while, listed no more."""
    topic = cloud.topic()
    arn = cloud.subscribe(topic)
    cloud.call("DeleteTopic", TopicArn=topic)
    cloud.call("GetSubscriptionAttributes", SubscriptionArn=arn)
    assert cloud.call("ListSubscriptions") == {"Subscriptions": []}
    cloud.topic()
    cloud.publish(topic)
    assert cloud.sqs.requests == []
    cloud.advance(2 * 86_400)
    code, _ = cloud.error("GetSubscriptionAttributes", SubscriptionArn=arn)
    assert code == "NotFoundException"


def test_list_subscriptions_gives_pages_of_100(cloud: Cloud) -> None:
    """101 subscriptions come in two pages, by topic and for the account."""
    topic = cloud.topic()
    for index in range(101):
        cloud.subscribe(topic, "sms", f"+123123{index:03}")
    for operation, request in (
        ("ListSubscriptions", {}),
        ("ListSubscriptionsByTopic", {"TopicArn": topic}),
    ):
        first = cloud.call(operation, **request)
        second = cloud.call(operation, **request, NextToken=first["NextToken"])
        listed = [one["Endpoint"] for one in first["Subscriptions"] + second["Subscriptions"]]
        assert listed == [f"+123123{index:03}" for index in range(101)]
        assert "NextToken" not in second


@pytest.mark.parametrize(
    ("name", "value", "reason"),
    [
        (
            "RawMessageDelivery",
            "yes",
            "RawMessageDelivery: Invalid value [yes]. Must be true or false.",
        ),
        (
            "FilterPolicyScope",
            "Mars",
            (
                "FilterPolicyScope: Invalid value [Mars]. Please use either "
                "MessageBody or MessageAttributes"
            ),
        ),
        (
            "RedrivePolicy",
            '{"deadLetterTargetArn":"x"}',
            "RedrivePolicy: deadLetterTargetArn is an invalid arn",
        ),
        (
            "RedrivePolicy",
            '{"maxReceiveCount":3}',
            "RedrivePolicy: invalid JSON. Attribute maxReceiveCount is unknown.",
        ),
        (
            "FilterPolicy",
            '{"a":"b"}',
            (
                'FilterPolicy: "a" must be an object or an array\n at '
                '[Source: (String)"{"a":"b"}"; line: 1, column: 7]'
            ),
        ),
        (
            "FilterPolicy",
            '{"a":{"b":["c"]}}',
            "Filter policy scope MessageAttributes does not support nested filter policy",
        ),
        (
            "FilterPolicy",
            '{"a":[]}',
            (
                "FilterPolicy: Empty arrays are not allowed\n at [Source: "
                '(String)"{"a":[]}"; line: 1, column: 8]'
            ),
        ),
    ],
)
def test_subscription_attributes_are_checked(
    cloud: Cloud, name: str, value: str, reason: str
) -> None:
    """Subscribe puts "Attributes Reason: " before what SetSubscriptionAttributes says."""
    topic = cloud.topic()
    arn = cloud.subscribe(topic)
    set_error = cloud.error(
        "SetSubscriptionAttributes",
        SubscriptionArn=arn,
        AttributeName=name,
        AttributeValue=value,
    )
    assert set_error[1] == f"Invalid parameter: {reason}"
    subscribe_error = cloud.error(
        "Subscribe",
        TopicArn=topic,
        Protocol="sqs",
        Endpoint=queue_arn("new"),
        Attributes={name: value},
    )
    assert subscribe_error[1] == f"Invalid parameter: Attributes Reason: {reason}"
    assert len(cloud.call("ListSubscriptionsByTopic", TopicArn=topic)["Subscriptions"]) == 1


def test_set_subscription_attributes_says_where_json_breaks(cloud: Cloud) -> None:
    """The place is AWS's parser's; the text itself is left out."""
    arn = cloud.subscribe(cloud.topic())
    for name in ("RedrivePolicy", "FilterPolicy"):
        text = cloud.error(
            "SetSubscriptionAttributes",
            SubscriptionArn=arn,
            AttributeName=name,
            AttributeValue="{invalidjson}",
        )[1]
        assert text.startswith(
            f"Invalid parameter: {name}: failed to parse JSON. Unexpected character ('i' (code "
            "105)): was expecting double-quote to start field name"
        )
        assert text.endswith("line: 1, column: 2]")


def test_set_subscription_attributes_refuses_names(cloud: Cloud) -> None:
    """An unknown attribute is refused before anything changes."""
    arn = cloud.subscribe(cloud.topic())
    error = cloud.error(
        "SetSubscriptionAttributes", SubscriptionArn=arn, AttributeName="X", AttributeValue=""
    )
    assert error[1] == "Invalid parameter: AttributeName"


def test_raw_message_delivery_is_for_some_protocols(cloud: Cloud) -> None:
    """Functions, phones and mailboxes have no raw delivery."""
    topic = cloud.topic()
    arn = cloud.subscribe(topic, "sms", "+15551234567")
    error = cloud.error(
        "SetSubscriptionAttributes",
        SubscriptionArn=arn,
        AttributeName="RawMessageDelivery",
        AttributeValue="true",
    )
    assert error[1] == (
        "Invalid parameter: Delivery protocol [sms] does not support raw message delivery."
    )


def test_redrive_policy_of_a_fifo_subscription_needs_a_fifo_queue(cloud: Cloud) -> None:
    """A FIFO queue of a FIFO topic dead-letters to a FIFO queue; a standard one need not."""
    topic = cloud.fifo_topic()
    policy = json.dumps({"deadLetterTargetArn": queue_arn("dead")})
    standard = cloud.subscribe(topic, "sqs", queue_arn("q"))
    _set(cloud, standard, "RedrivePolicy", policy)
    fifo = cloud.subscribe(topic, "sqs", queue_arn("q.fifo"))
    error = cloud.error(
        "SetSubscriptionAttributes",
        SubscriptionArn=fifo,
        AttributeName="RedrivePolicy",
        AttributeValue=policy,
    )
    assert error[1] == (
        "Invalid parameter: RedrivePolicy: must use a FIFO queue as DLQ for a FIFO Subscription "
        "to a FIFO Topic."
    )


def test_filter_policy_scope_shows_with_a_filter_policy_only(cloud: Cloud) -> None:
    """The scope is kept from the start and listed once there is a policy."""
    arn = cloud.subscribe(cloud.topic())
    _set(cloud, arn, "FilterPolicyScope", "MessageBody")
    assert "FilterPolicyScope" not in _attributes(cloud, arn)
    _set(cloud, arn, "FilterPolicy", '{"a":{"b":["c"]}}')
    assert _attributes(cloud, arn)["FilterPolicyScope"] == "MessageBody"
    _set(cloud, arn, "FilterPolicy", "")
    assert "FilterPolicy" not in _attributes(cloud, arn)


def test_filter_policy_scope_cannot_leave_a_nested_policy_behind(cloud: Cloud) -> None:
    """A policy for the body that is nested cannot become one for attributes."""
    policy = '{"a":{"b":["c"]}}'
    arn = cloud.subscribe(cloud.topic(), FilterPolicyScope="MessageBody", FilterPolicy=policy)
    error = cloud.error(
        "SetSubscriptionAttributes",
        SubscriptionArn=arn,
        AttributeName="FilterPolicyScope",
        AttributeValue="MessageAttributes",
    )
    assert "does not support nested filter policy" in error[1]
    assert _attributes(cloud, arn)["FilterPolicyScope"] == "MessageBody"


def test_delivery_policy_of_a_subscription_is_filled_up(cloud: Cloud) -> None:
    """A subscription's policy is listed with every member, the effective one with defaults."""
    arn = cloud.subscribe(cloud.topic(), "http", "http://example.com/hook")
    _set(cloud, arn, "DeliveryPolicy", '{"requestPolicy":{"headerContentType":"text/csv"}}')
    attributes = _attributes(cloud, arn)
    assert json.loads(attributes["DeliveryPolicy"]) == {
        "healthyRetryPolicy": None,
        "sicklyRetryPolicy": None,
        "throttlePolicy": None,
        "requestPolicy": {"headerContentType": "text/csv"},
        "guaranteed": False,
    }
    effective = json.loads(attributes["EffectiveDeliveryPolicy"])
    assert effective["healthyRetryPolicy"]["numRetries"] == 3
    assert effective["requestPolicy"] == {"headerContentType": "text/csv"}


def _attributes(cloud: Cloud, arn: str) -> dict[str, str]:
    attributes: dict[str, str] = cloud.call("GetSubscriptionAttributes", SubscriptionArn=arn)[
        "Attributes"
    ]
    return attributes


def _set(cloud: Cloud, arn: str, name: str, value: str) -> None:
    cloud.call(
        "SetSubscriptionAttributes",
        SubscriptionArn=arn,
        AttributeName=name,
        AttributeValue=value,
    )


def test_orphans_have_nothing_to_do_with_a_new_topic_of_the_name(cloud: Cloud) -> None:
    """A subscription of the deleted topic can be neither changed, restored nor deleted."""
    topic = cloud.topic()
    old = cloud.subscribe(topic)
    cloud.subscribe(topic, "http", "http://example.com/hook")
    cloud.settle()
    token = cloud.outside.documents()[0]["Token"]
    cloud.call("DeleteTopic", TopicArn=topic)
    cloud.topic()
    new = cloud.subscribe(topic)
    assert new != old
    cloud.call("Unsubscribe", SubscriptionArn=old)
    code, _ = cloud.error(
        "SetSubscriptionAttributes",
        SubscriptionArn=old,
        AttributeName="RawMessageDelivery",
        AttributeValue="true",
    )
    assert code == "NotFoundException"
    error = cloud.error("ConfirmSubscription", TopicArn=topic, Token=token)
    assert error[1] == "Invalid parameter: Token"
    assert cloud.subscribe(topic) == new
    cloud.publish(topic)
    assert len(cloud.sqs.requests) == 1
