"""TagResource, UntagResource, ListTagsForResource."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.errors import AwsError
from chalice_offline.services.common.tags import tag_list, untag
from chalice_offline.services.sns.names import local_arn
from chalice_offline.services.sns.topic_tags import check_count, checked_tags

if TYPE_CHECKING:
    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Request, Result
    from chalice_offline.services.sns.state import SnsState
    from chalice_offline.services.sns.topic import Topic


def tag_resource(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Add tags to a topic; a key it has already gets the new value."""
    topic = _resource(sns, context, request)
    tags = topic.tags | checked_tags(request.get("Tags", []))
    check_count(tags)
    topic.tags = tags
    return {}


def untag_resource(sns: SnsState, context: CallContext, request: Request) -> Result:
    """Take tags from a topic; keys it has not are fine."""
    untag(_resource(sns, context, request).tags, request.get("TagKeys", []))
    return {}


def list_tags_for_resource(sns: SnsState, context: CallContext, request: Request) -> Result:
    """List a topic's tags."""
    return tag_list(_resource(sns, context, request).tags)


def _resource(sns: SnsState, context: CallContext, request: Request) -> Topic:
    topic = sns.find_topic_or_none(local_arn(context, request, "ResourceArn"))
    if topic is None:
        raise AwsError("ResourceNotFoundException", "Resource does not exist")
    return topic
