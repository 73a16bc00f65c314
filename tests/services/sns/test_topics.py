"""CreateTopic, DeleteTopic, ListTopics and a topic's attributes, tags and policy."""

from __future__ import annotations

import json

import pytest

from .conftest import Cloud, queue_arn


def test_create_topic_returns_the_same_arn_again(cloud: Cloud) -> None:
    """A topic that exists is returned, whatever of its attributes the request leaves out."""
    arn = cloud.topic("orders", DisplayName="Orders")
    assert arn == "arn:aws:sns:us-east-1:000000000000:orders"
    assert cloud.topic("orders") == arn
    assert cloud.topic("orders", DisplayName="Orders", FifoTopic="false") == arn


def test_create_topic_refuses_other_attributes(cloud: Cloud) -> None:
    """Another value for an attribute of an existing topic is an error."""
    cloud.topic("orders", DisplayName="Orders")
    code, text = cloud.error("CreateTopic", Name="orders", Attributes={"DisplayName": "Else"})
    assert code == "InvalidParameterException"
    assert text == (
        "Invalid parameter: Attributes Reason: Topic already exists with different attributes"
    )


def test_create_topic_refuses_other_tags(cloud: Cloud) -> None:
    """Tags an existing topic does not have are an error; some of its own are fine."""
    tags = [{"Key": "team", "Value": "a"}, {"Key": "cost", "Value": "b"}]
    cloud.call("CreateTopic", Name="orders", Tags=tags)
    cloud.call("CreateTopic", Name="orders", Tags=tags[:1])
    _, text = cloud.error("CreateTopic", Name="orders", Tags=[{"Key": "team", "Value": "z"}])
    assert text == "Invalid parameter: Tags Reason: Topic already exists with different tags"


@pytest.mark.parametrize("name", ["", "a" * 257, "a.b", "a b", "a:b", "orders.fifo"])
def test_create_topic_refuses_names(cloud: Cloud, name: str) -> None:
    """A name is 1 to 256 letters, digits, hyphens and underscores."""
    assert cloud.error("CreateTopic", Name=name)[1] == "Invalid parameter: Topic Name"


def test_create_topic_fifo_needs_its_suffix(cloud: Cloud) -> None:
    """A FIFO topic's name ends with .fifo."""
    error = cloud.error("CreateTopic", Name="orders", Attributes={"FifoTopic": "true"})
    assert error[1] == "Invalid parameter: Topic Name"
    attributes = cloud.call("GetTopicAttributes", TopicArn=cloud.fifo_topic())["Attributes"]
    assert attributes["FifoTopic"] == "true"
    assert attributes["ContentBasedDeduplication"] == "false"


def test_get_topic_attributes_of_a_new_topic(cloud: Cloud) -> None:
    """A standard topic shows defaults and counts, and nothing of FIFO."""
    arn = cloud.topic()
    attributes = cloud.call("GetTopicAttributes", TopicArn=arn)["Attributes"]
    policy = json.loads(attributes.pop("Policy"))
    effective = json.loads(attributes.pop("EffectiveDeliveryPolicy"))
    assert attributes == {
        "DisplayName": "",
        "Owner": "000000000000",
        "TopicArn": arn,
        "SubscriptionsConfirmed": "0",
        "SubscriptionsPending": "0",
        "SubscriptionsDeleted": "0",
    }
    assert policy["Statement"][0]["Condition"] == {
        "StringEquals": {"AWS:SourceOwner": "000000000000"}
    }
    assert effective["http"]["defaultHealthyRetryPolicy"]["numRetries"] == 3


def test_get_topic_attributes_counts_subscriptions(cloud: Cloud) -> None:
    """Confirmed, pending and deleted subscriptions are counted apart."""
    arn = cloud.topic()
    cloud.subscribe(arn)
    cloud.subscribe(arn, "email", "a@example.com")
    gone = cloud.subscribe(arn, "sqs", queue_arn("other"))
    cloud.call("Unsubscribe", SubscriptionArn=gone)
    attributes = cloud.call("GetTopicAttributes", TopicArn=arn)["Attributes"]
    counts = [attributes[f"Subscriptions{kind}"] for kind in ("Confirmed", "Pending", "Deleted")]
    assert counts == ["1", "1", "1"]


@pytest.mark.parametrize(
    ("arn", "code", "text"),
    [
        (
            "orders",
            "InvalidParameterException",
            "Invalid parameter: TopicArn Reason: An ARN must have at least 6 elements, not 1",
        ),
        (
            "arn:aws:sns:eu-west-1:000000000000:orders",
            "InvalidParameterException",
            "Invalid parameter: TopicArn",
        ),
        (
            "arn:aws:sns:us-east-1:000000000000:nothing",
            "NotFoundException",
            "Topic does not exist",
        ),
    ],
)
def test_get_topic_attributes_refuses_arns(cloud: Cloud, arn: str, code: str, text: str) -> None:
    """What is no ARN, an ARN of another region and an unknown topic are told apart."""
    assert cloud.error("GetTopicAttributes", TopicArn=arn) == (code, text)


@pytest.mark.parametrize("name", ["FifoTopic", "Nonsense"])
def test_set_topic_attributes_refuses_names(cloud: Cloud, name: str) -> None:
    """An unknown attribute, and one that cannot change, are refused by name."""
    error = cloud.error(
        "SetTopicAttributes", TopicArn=cloud.topic(), AttributeName=name, AttributeValue="x"
    )
    assert error[1] == "Invalid parameter: AttributeName"


def test_set_topic_attributes_delivery_policy_fills_the_effective_one(cloud: Cloud) -> None:
    """A delivery policy is kept as given; the effective one has AWS's defaults besides."""
    arn = cloud.topic()
    retries = {"minDelayTarget": 5, "maxDelayTarget": 6, "numRetries": 1}
    _set_topic(cloud, arn, "DeliveryPolicy", {"http": {"defaultHealthyRetryPolicy": retries}})
    attributes = cloud.call("GetTopicAttributes", TopicArn=arn)["Attributes"]
    assert json.loads(attributes["DeliveryPolicy"]) == {
        "http": {"defaultHealthyRetryPolicy": retries, "disableSubscriptionOverrides": False}
    }
    effective = json.loads(attributes["EffectiveDeliveryPolicy"])["http"]
    assert effective["defaultHealthyRetryPolicy"]["backoffFunction"] == "linear"
    assert effective["defaultHealthyRetryPolicy"]["maxDelayTarget"] == 6
    _set_topic(cloud, arn, "DeliveryPolicy", "")
    assert "DeliveryPolicy" not in cloud.call("GetTopicAttributes", TopicArn=arn)["Attributes"]


@pytest.mark.parametrize(
    ("retries", "reason"),
    [
        ({"numRetries": 1}, "http.defaultHealthyRetryPolicy.minDelayTarget must be specified"),
        (
            {"minDelayTarget": "1", "maxDelayTarget": 1, "numRetries": 1},
            (
                "http.defaultHealthyRetryPolicy.minDelayTarget type mismatch, expecting integer, "
                "received a string"
            ),
        ),
    ],
)
def test_set_topic_attributes_checks_retries(
    cloud: Cloud, retries: dict[str, object], reason: str
) -> None:
    """A retry policy without its delays, or with delays that are no numbers, is refused."""
    policy = json.dumps({"http": {"defaultHealthyRetryPolicy": retries}})
    _, text = cloud.error(
        "SetTopicAttributes",
        TopicArn=cloud.topic(),
        AttributeName="DeliveryPolicy",
        AttributeValue=policy,
    )
    assert text == f"Invalid parameter: DeliveryPolicy: {reason}"


def test_delete_topic_is_idempotent(cloud: Cloud) -> None:
    """Deleting twice is fine; the topic is gone after the first time."""
    arn = cloud.topic()
    assert cloud.call("DeleteTopic", TopicArn=arn) == {}
    assert cloud.call("DeleteTopic", TopicArn=arn) == {}
    assert cloud.error("GetTopicAttributes", TopicArn=arn)[1] == "Topic does not exist"


def test_list_topics_gives_pages_of_100(cloud: Cloud) -> None:
    """120 topics come in two pages, none twice, none missing, others' not among them."""
    arns = [cloud.topic(f"t{number}") for number in range(120)]
    cloud.call("CreateTopic", Name="theirs", account="111111111111")
    cloud.call("CreateTopic", Name="elsewhere", region="eu-west-1")
    first = cloud.call("ListTopics")
    second = cloud.call("ListTopics", NextToken=first["NextToken"])
    assert "NextToken" not in second
    listed = [topic["TopicArn"] for topic in first["Topics"] + second["Topics"]]
    assert listed == arns
    assert len(first["Topics"]) == 100


def test_list_topics_refuses_a_made_up_token(cloud: Cloud) -> None:
    """A token that was never given out is an error, not an empty page."""
    assert cloud.error("ListTopics", NextToken="!")[1] == "Invalid parameter: NextToken"
    assert cloud.error("ListTopics", NextToken="YWJj")[1] == "Invalid parameter: NextToken"


def test_topics_belong_to_account_and_region(cloud: Cloud) -> None:
    """One name can stand for a topic in each account and region."""
    here = cloud.topic("orders")
    there = cloud.call("CreateTopic", Name="orders", region="eu-west-1")["TopicArn"]
    china = cloud.call("CreateTopic", Name="orders", region="cn-north-1")["TopicArn"]
    assert {here, there, china} == {
        "arn:aws:sns:us-east-1:000000000000:orders",
        "arn:aws:sns:eu-west-1:000000000000:orders",
        "arn:aws-cn:sns:cn-north-1:000000000000:orders",
    }


def test_tags_are_merged_listed_and_taken_away(cloud: Cloud) -> None:
    """TagResource merges by key; UntagResource takes keys away; a deleted topic forgets them."""
    arn = cloud.topic()
    tags = [{"Key": "k1", "Value": "v1"}, {"Key": "k2", "Value": "v2"}]
    cloud.call("TagResource", ResourceArn=arn, Tags=tags)
    cloud.call("TagResource", ResourceArn=arn, Tags=[{"Key": "k2", "Value": "new"}])
    cloud.call("UntagResource", ResourceArn=arn, TagKeys=["k1", "unknown"])
    listed = cloud.call("ListTagsForResource", ResourceArn=arn)
    assert listed == {"Tags": [{"Key": "k2", "Value": "new"}]}
    cloud.call("DeleteTopic", TopicArn=arn)
    cloud.topic()
    assert cloud.call("ListTagsForResource", ResourceArn=arn) == {"Tags": []}


def test_tag_resource_refuses_repeated_keys_and_too_many(cloud: Cloud) -> None:
    """A key may come once in a request, and a topic has at most 50 tags."""
    arn = cloud.topic()
    twice = [{"Key": "k", "Value": "1"}, {"Key": "k", "Value": "2"}]
    text = cloud.error("TagResource", ResourceArn=arn, Tags=twice)[1]
    assert text == "Invalid parameter: Duplicated keys are not allowed."
    many = [{"Key": f"k{number}", "Value": ""} for number in range(51)]
    assert cloud.error("TagResource", ResourceArn=arn, Tags=many)[0] == "TagLimitExceededException"
    unknown = f"{arn}x"
    code = cloud.error("ListTagsForResource", ResourceArn=unknown)[0]
    assert code == "ResourceNotFoundException"


def test_add_permission_adds_a_statement_and_remove_permission_takes_it(cloud: Cloud) -> None:
    """The label is the statement's Sid; one account and one action are not put into a list."""
    arn = cloud.topic()
    before = _policy(cloud, arn)
    cloud.call(
        "AddPermission",
        TopicArn=arn,
        Label="friend",
        AWSAccountId=["111111111111"],
        ActionName=["Publish"],
    )
    assert _policy(cloud, arn)["Statement"][1] == {
        "Sid": "friend",
        "Effect": "Allow",
        "Principal": {"AWS": "arn:aws:iam::111111111111:root"},
        "Action": "SNS:Publish",
        "Resource": arn,
    }
    cloud.call("RemovePermission", TopicArn=arn, Label="friend")
    assert _policy(cloud, arn) == before


def test_add_permission_refuses_labels_and_actions(cloud: Cloud) -> None:
    """A label can be used once; an action must be one of SNS."""
    arn = cloud.topic()
    request = {"TopicArn": arn, "AWSAccountId": ["111111111111"], "ActionName": ["Publish"]}
    cloud.call("AddPermission", Label="a", **request)
    assert cloud.error("AddPermission", Label="a", **request)[1] == (
        "Invalid parameter: Statement already exists"
    )
    assert cloud.error("AddPermission", **{**request, "Label": "b", "ActionName": ["Fly"]})[1] == (
        "Invalid parameter: Policy statement action out of service scope!"
    )


def test_set_topic_attributes_policy_is_kept_or_reset(cloud: Cloud) -> None:
    """A policy replaces the default one; "" brings the default back; no JSON is refused."""
    arn = cloud.topic()
    default = _policy(cloud, arn)
    _set_topic(cloud, arn, "Policy", {"Version": "2012-10-17", "Statement": []})
    assert _policy(cloud, arn) == {"Version": "2012-10-17", "Statement": []}
    _set_topic(cloud, arn, "Policy", "")
    assert _policy(cloud, arn) == default
    text = cloud.error(
        "SetTopicAttributes", TopicArn=arn, AttributeName="Policy", AttributeValue="{"
    )[1]
    assert text == "Invalid parameter: Policy Error: null"


def test_data_protection_policy_is_kept(cloud: Cloud) -> None:
    """What was put is returned, and it does not show among the topic's attributes."""
    arn = cloud.topic()
    assert cloud.call("GetDataProtectionPolicy", ResourceArn=arn) == {"DataProtectionPolicy": ""}
    cloud.call("PutDataProtectionPolicy", ResourceArn=arn, DataProtectionPolicy='{"Name":"p"}')
    policy = cloud.call("GetDataProtectionPolicy", ResourceArn=arn)["DataProtectionPolicy"]
    assert policy == '{"Name":"p"}'
    attributes = cloud.call("GetTopicAttributes", TopicArn=arn)["Attributes"]
    assert "DataProtectionPolicy" not in attributes


def test_maximum_message_size_shows_only_when_set(cloud: Cloud) -> None:
    """The attribute takes 1,024 to 1,048,576 bytes and is listed once it was set."""
    arn = cloud.topic()
    attributes = cloud.call("GetTopicAttributes", TopicArn=arn)["Attributes"]
    assert "MaximumMessageSize" not in attributes
    _set_topic(cloud, arn, "MaximumMessageSize", "1048576")
    attributes = cloud.call("GetTopicAttributes", TopicArn=arn)["Attributes"]
    assert attributes["MaximumMessageSize"] == "1048576"
    for value in ("1023", "1048577", "x", "-5"):
        code, _ = cloud.error(
            "SetTopicAttributes",
            TopicArn=arn,
            AttributeName="MaximumMessageSize",
            AttributeValue=value,
        )
        assert code == "InvalidParameterException"


def test_maximum_message_size_limits_subscriptions(cloud: Cloud) -> None:
    """Above 256 KiB only queues, delivery streams and functions subscribe, at most 100."""
    arn = cloud.topic("large", MaximumMessageSize="300000")
    for index in range(100):
        cloud.subscribe(arn, "sqs", queue_arn(f"q{index}"))
    for protocol, endpoint in (("email", "a@example.com"), ("sqs", queue_arn("q100"))):
        code, _ = cloud.error("Subscribe", TopicArn=arn, Protocol=protocol, Endpoint=endpoint)
        assert code == "InvalidParameterException"
    mixed = cloud.topic("mixed")
    cloud.subscribe(mixed, "email", "a@example.com")
    code, _ = cloud.error(
        "SetTopicAttributes",
        TopicArn=mixed,
        AttributeName="MaximumMessageSize",
        AttributeValue="300000",
    )
    assert code == "InvalidParameterException"


def _policy(cloud: Cloud, arn: str) -> dict[str, object]:
    attributes = cloud.call("GetTopicAttributes", TopicArn=arn)["Attributes"]
    policy: dict[str, object] = json.loads(attributes["Policy"])
    return policy


def _set_topic(cloud: Cloud, arn: str, name: str, value: object) -> None:
    text = value if isinstance(value, str) else json.dumps(value)
    cloud.call("SetTopicAttributes", TopicArn=arn, AttributeName=name, AttributeValue=text)
