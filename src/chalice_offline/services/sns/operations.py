"""Amazon SNS: what each operation is done by."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.core.http import Headers, HttpResponse
from chalice_offline.core.kernel import Service
from chalice_offline.services.common.page_paths import SNS_CERTIFICATE
from chalice_offline.services.sns import signing
from chalice_offline.services.sns.confirmations import (
    confirm_subscription,
    unsubscribe,
)
from chalice_offline.services.sns.permissions import (
    add_permission,
    get_data_protection_policy,
    put_data_protection_policy,
    remove_permission,
)
from chalice_offline.services.sns.platform_applications import (
    create_platform_application,
    create_platform_endpoint,
    delete_endpoint,
    delete_platform_application,
    get_endpoint_attributes,
    get_platform_application_attributes,
    list_endpoints_by_platform_application,
    list_platform_applications,
    set_endpoint_attributes,
    set_platform_application_attributes,
)
from chalice_offline.services.sns.publish import publish, publish_batch
from chalice_offline.services.sns.renewal import renewed
from chalice_offline.services.sns.sms import (
    check_if_phone_number_is_opted_out,
    get_sms_attributes,
    list_phone_numbers_opted_out,
    opt_in_phone_number,
    set_sms_attributes,
)
from chalice_offline.services.sns.state import SnsState
from chalice_offline.services.sns.subscribe import subscribe
from chalice_offline.services.sns.subscriptions import (
    get_subscription_attributes,
    list_subscriptions,
    list_subscriptions_by_topic,
    set_subscription_attributes,
)
from chalice_offline.services.sns.tags import (
    list_tags_for_resource,
    tag_resource,
    untag_resource,
)
from chalice_offline.services.sns.topics import (
    create_topic,
    delete_topic,
    get_topic_attributes,
    list_topics,
    set_topic_attributes,
)

if TYPE_CHECKING:
    from collections.abc import Mapping

    from chalice_offline.core.http import HttpRequest
    from chalice_offline.core.kernel import Kernel, Operation

OPERATIONS: Mapping[str, Operation] = {
    # topics
    "CreateTopic": create_topic,
    "DeleteTopic": delete_topic,
    "GetTopicAttributes": get_topic_attributes,
    "ListTopics": list_topics,
    "SetTopicAttributes": set_topic_attributes,
    "AddPermission": add_permission,
    "RemovePermission": remove_permission,
    "GetDataProtectionPolicy": get_data_protection_policy,
    "PutDataProtectionPolicy": put_data_protection_policy,
    "ListTagsForResource": list_tags_for_resource,
    "TagResource": tag_resource,
    "UntagResource": untag_resource,
    # subscriptions
    "Subscribe": subscribe,
    "ConfirmSubscription": confirm_subscription,
    "Unsubscribe": unsubscribe,
    "GetSubscriptionAttributes": get_subscription_attributes,
    "SetSubscriptionAttributes": set_subscription_attributes,
    "ListSubscriptions": list_subscriptions,
    "ListSubscriptionsByTopic": list_subscriptions_by_topic,
    # messages
    "Publish": publish,
    "PublishBatch": publish_batch,
    # mobile push
    "CreatePlatformApplication": create_platform_application,
    "DeletePlatformApplication": delete_platform_application,
    "GetPlatformApplicationAttributes": get_platform_application_attributes,
    "ListPlatformApplications": list_platform_applications,
    "SetPlatformApplicationAttributes": set_platform_application_attributes,
    "CreatePlatformEndpoint": create_platform_endpoint,
    "DeleteEndpoint": delete_endpoint,
    "GetEndpointAttributes": get_endpoint_attributes,
    "ListEndpointsByPlatformApplication": list_endpoints_by_platform_application,
    "SetEndpointAttributes": set_endpoint_attributes,
    # SMS
    "GetSMSAttributes": get_sms_attributes,
    "SetSMSAttributes": set_sms_attributes,
    "CheckIfPhoneNumberIsOptedOut": check_if_phone_number_is_opted_out,
    "ListPhoneNumbersOptedOut": list_phone_numbers_opted_out,
    "OptInPhoneNumber": opt_in_phone_number,
}


def service(kernel: Kernel) -> Service:
    """Return SNS without topics, and the page with the certificate of its signatures."""
    pages = {SNS_CERTIFICATE: _certificate}
    return Service("sns", SnsState(kernel), OPERATIONS, pages=pages, renew=renewed)


def _certificate(_request: HttpRequest) -> HttpResponse:
    headers = Headers([("content-type", "application/x-pem-file")])
    return HttpResponse(200, headers, signing.certificate_pem())
