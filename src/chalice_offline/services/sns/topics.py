"""CreateTopic, DeleteTopic, ListTopics, GetTopicAttributes, SetTopicAttributes."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from chalice_offline.core.arn import make_arn
from chalice_offline.services.sns import topic_attributes
from chalice_offline.services.sns.errors import invalid_parameter
from chalice_offline.services.sns.limits import DATA_PROTECTION_POLICY_LENGTH_MAX
from chalice_offline.services.sns.names import local_arn
from chalice_offline.services.sns.pages import page_of
from chalice_offline.services.sns.topic import Topic
from chalice_offline.services.sns.topic_tags import checked_tags

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sns.state import SnsState

# API_CreateTopic, Name: 1 to 256 characters, the suffix of a FIFO topic included.
_NAME = re.compile(r"[A-Za-z0-9_-]{1,256}")
_FIFO_NAME = re.compile(r"[A-Za-z0-9_-]{1,251}\.fifo")


def create_topic(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Create a topic, or return the ARN of the one that has this name already."""
    name = request.get("Name", "")
    attributes = dict(request.get("Attributes", {}))
    is_fifo = attributes.get("FifoTopic", "false").lower() == "true"
    if not (_FIFO_NAME if is_fifo else _NAME).fullmatch(name):
        raise invalid_parameter("Topic Name")
    tags = checked_tags(request.get("Tags", []))
    arn = make_arn("sns", context.region, context.account_id, name)
    existing = sns.find_topic_or_none(arn)
    if existing is not None:
        _check_same(existing, attributes, tags)
        return {"TopicArn": arn}
    topic = Topic(
        arn=arn,
        account_id=context.account_id,
        region=context.region,
        name=name,
        number=sns.next_number(),
        policy=topic_attributes.default_policy(arn, context.account_id),
        tags=tags,
        data_protection_policy=request.get("DataProtectionPolicy", ""),
    )
    if is_fifo:
        topic.attributes["FifoTopic"] = "true"
    attributes.pop("FifoTopic", None)
    for attribute, value in attributes.items():
        if attribute not in topic_attributes.SETTABLE:
            raise invalid_parameter(f"Attributes Reason: Unknown attribute {attribute}")
        topic_attributes.set_attribute(topic, attribute, value, "Attributes Reason: ")
    if len(topic.data_protection_policy) > DATA_PROTECTION_POLICY_LENGTH_MAX:
        raise invalid_parameter("DataProtectionPolicy")
    sns.add_topic(topic)
    return {"TopicArn": arn}


def delete_topic(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Delete a topic and its subscriptions; one that does not exist is fine."""
    topic = sns.find_topic_or_none(local_arn(context, request))
    if topic is not None:
        sns.remove_topic(topic)
    return {}


def list_topics(sns: SnsState, context: CallContext, request: Request) -> Result:
    """List the account's topics in this region, 100 at a time."""
    topics, token = page_of(
        sns.find_topics(context.account_id, context.region), request.get("NextToken")
    )
    result: Result = {"Topics": [{"TopicArn": topic.arn} for topic in topics]}
    if token:
        result["NextToken"] = token
    return result


def get_topic_attributes(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Return all attributes of a topic."""
    topic = sns.find_topic(context, request)
    return {"Attributes": topic_attributes.shown(topic)}


def set_topic_attributes(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Set one attribute of a topic."""
    topic = sns.find_topic(context, request)
    name = request.get("AttributeName", "")
    if name not in topic_attributes.SETTABLE:
        raise invalid_parameter("AttributeName")
    topic_attributes.set_attribute(topic, name, request.get("AttributeValue", ""), "")
    return {}


def _check_same(topic: Topic, attributes: dict[str, str], tags: dict[str, str]) -> None:
    """Raise unless the topic has what a repeated CreateTopic asks for; leaving out is fine."""
    for name, value in attributes.items():
        if not topic_attributes.agrees(topic, name, value):
            raise invalid_parameter(
                "Attributes Reason: Topic already exists with different attributes"
            )
    for key, value in tags.items():
        if topic.tags.get(key) != value:
            raise invalid_parameter("Tags Reason: Topic already exists with different tags")
