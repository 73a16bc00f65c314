"""TagResource, UntagResource, ListTagsForResource."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.errors import AwsError
from chalice_offline.services.sns.errors import invalid_parameter
from chalice_offline.services.sns.limits import TAGS_MAX
from chalice_offline.services.sns.names import local_arn

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sns.service import Sns
    from chalice_offline.services.sns.topic import Topic


def tag_resource(sns: Sns, context: CallContext, request: Request) -> Result:
    """Add tags to a topic; a key it has already gets the new value."""
    topic = _resource(sns, context, request)
    tags = topic.tags | tags_of(request.get("Tags", []))
    _check_count(tags)
    topic.tags = tags
    return {}


def untag_resource(sns: Sns, context: CallContext, request: Request) -> Result:
    """Take tags from a topic; keys it has not are fine."""
    topic = _resource(sns, context, request)
    for key in request.get("TagKeys", []):
        topic.tags.pop(key, None)
    return {}


def list_tags_for_resource(sns: Sns, context: CallContext, request: Request) -> Result:
    """List a topic's tags."""
    topic = _resource(sns, context, request)
    return {"Tags": [{"Key": key, "Value": value} for key, value in topic.tags.items()]}


def tags_of(tags: list[dict[str, Any]]) -> dict[str, str]:
    """Return a list of tags as a dict; raises when a key repeats."""
    by_key = {tag["Key"]: tag["Value"] for tag in tags}
    if len(by_key) != len(tags):
        raise invalid_parameter("Duplicated keys are not allowed.")
    _check_count(by_key)
    return by_key


def _check_count(tags: dict[str, str]) -> None:
    if len(tags) > TAGS_MAX:
        raise AwsError(
            "TagLimitExceededException",
            "Could not complete request: tag quota of per resource exceeded",
        )


def _resource(sns: Sns, context: CallContext, request: Request) -> Topic:
    topic = sns.find_topic(local_arn(context, request, "ResourceArn"))
    if topic is None:
        raise AwsError("ResourceNotFoundException", "Resource does not exist")
    return topic
