"""Amazon SNS: its state, and the table of its operations."""

from __future__ import annotations

from typing import TYPE_CHECKING

from chalice_offline.services.sns import signing
from chalice_offline.services.sns.confirmations import (
    Token,
    confirm_subscription,
    unsubscribe,
)
from chalice_offline.services.sns.deliveries import Deliveries
from chalice_offline.services.sns.errors import topic_not_found
from chalice_offline.services.sns.limits import ORPHANED_SUBSCRIPTION_KEPT_MS
from chalice_offline.services.sns.names import local_arn
from chalice_offline.services.sns.permissions import (
    add_permission,
    get_data_protection_policy,
    put_data_protection_policy,
    remove_permission,
)
from chalice_offline.services.sns.platform_applications import (
    PlatformApplication,
    PlatformEndpoint,
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
from chalice_offline.services.sns.sms import (
    SmsAccount,
    check_if_phone_number_is_opted_out,
    create_sms_sandbox_phone_number,
    delete_sms_sandbox_phone_number,
    get_sms_attributes,
    get_sms_sandbox_account_status,
    list_origination_numbers,
    list_phone_numbers_opted_out,
    list_sms_sandbox_phone_numbers,
    opt_in_phone_number,
    set_sms_attributes,
    verify_sms_sandbox_phone_number,
)
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
    from collections.abc import Iterator, Mapping

    from chalice_offline.core.context import CallContext
    from chalice_offline.core.kernel import Kernel, Operation, Request
    from chalice_offline.services.sns.subscription import Subscription
    from chalice_offline.services.sns.topic import Topic

_AWS_HOST = ".amazonaws.com"


class Sns:
    """The topics, subscriptions and platform applications of all accounts and regions."""

    name = "sns"

    def __init__(self, kernel: Kernel) -> None:
        self.kernel = kernel
        self.deliveries = Deliveries(self)
        self.applications: dict[str, PlatformApplication] = {}
        self.endpoints: dict[str, PlatformEndpoint] = {}
        self.tokens: dict[str, Token] = {}
        self._topics: dict[str, Topic] = {}
        self._subscriptions: dict[str, Subscription] = {}
        self._orphans: dict[str, Subscription] = {}
        self._sms_accounts: dict[tuple[str, str], SmsAccount] = {}
        self._number = 0

    @property
    def operations(self) -> Mapping[str, Operation]:
        """The operations by name."""
        return OPERATIONS

    @property
    def certificate_path(self) -> str:
        """The path at which the endpoint has to serve `certificate_pem()`."""
        return signing.CERTIFICATE_PATH

    def certificate_pem(self) -> bytes:
        """Return the certificate that verifies the signatures of messages."""
        return signing.certificate_pem()

    def next_number(self) -> int:
        """Return the number of the next thing created: listings go by it."""
        self._number += 1
        return self._number

    def service_url(self, region: str, *candidates: str) -> str:
        """Return where a subscriber reaches SNS: the first candidate on this machine, or AWS's.

        In-process clients call the host of AWS, at which nobody here answers.
        """
        for url in candidates:
            if url and _AWS_HOST not in url:
                return url
        return f"https://sns.{region}.amazonaws.com"

    # ---- topics -------------------------------------------------------------------------------

    def topic(self, context: CallContext, request: Request, parameter: str = "TopicArn") -> Topic:
        """Return the topic a parameter names; raises InvalidParameter or NotFound."""
        topic = self._topics.get(local_arn(context, request, parameter))
        if topic is None:
            raise topic_not_found()
        return topic

    def find_topic(self, arn: str) -> Topic | None:
        """Return the topic of an ARN."""
        return self._topics.get(arn)

    def topics_of(self, account_id: str, region: str) -> Iterator[Topic]:
        """Return an account's topics in a region, in order of creation."""
        for topic in self._topics.values():
            if topic.account_id == account_id and topic.region == region:
                yield topic

    def add_topic(self, topic: Topic) -> None:
        """Keep a new topic."""
        self._topics[topic.arn] = topic

    def remove_topic(self, topic: Topic) -> None:
        """Delete a topic; its subscriptions can be read for a while and are then forgotten."""
        del self._topics[topic.arn]
        orphans = {subscription.arn: subscription for subscription in topic.audience}
        for arn in orphans:
            del self._subscriptions[arn]
        self._orphans |= orphans

        def forget() -> None:
            for arn in orphans:
                del self._orphans[arn]

        due_ms = self.kernel.now_ms + ORPHANED_SUBSCRIPTION_KEPT_MS
        self.kernel.at(due_ms, forget, owed=False)

    # ---- subscriptions ------------------------------------------------------------------------

    def find_subscription(self, arn: str) -> Subscription | None:
        """Return the subscription of an ARN."""
        return self._subscriptions.get(arn)

    def find_orphan(self, arn: str) -> Subscription | None:
        """Return the subscription of an ARN whose topic was deleted."""
        return self._orphans.get(arn)

    def subscriptions_of(self, account_id: str, region: str) -> Iterator[Subscription]:
        """Return an account's subscriptions in a region, in order of creation."""
        for subscription in self._subscriptions.values():
            if subscription.account_id == account_id and subscription.region == region:
                yield subscription

    def add_subscription(self, topic: Topic, subscription: Subscription) -> None:
        """Keep a new subscription, or file one anew that has changed."""
        self._subscriptions[subscription.arn] = subscription
        topic.audience.file(subscription)

    def remove_subscription(self, topic: Topic, subscription: Subscription) -> None:
        """Delete a subscription."""
        del self._subscriptions[subscription.arn]
        topic.audience.discard(subscription)
        topic.subscriptions_deleted += 1

    # ---- SMS and mobile push ------------------------------------------------------------------

    def find_endpoint(self, arn: str) -> PlatformEndpoint | None:
        """Return the platform endpoint of an ARN."""
        return self.endpoints.get(arn)

    def sms_account(self, account_id: str, region: str) -> SmsAccount:
        """Return what an account has set for SMS in a region."""
        return self._sms_accounts.setdefault((account_id, region), SmsAccount())


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
    "CheckIfPhoneNumberIsOptedOut": check_if_phone_number_is_opted_out,
    "GetSMSAttributes": get_sms_attributes,
    "ListPhoneNumbersOptedOut": list_phone_numbers_opted_out,
    "OptInPhoneNumber": opt_in_phone_number,
    "SetSMSAttributes": set_sms_attributes,
    "CreateSMSSandboxPhoneNumber": create_sms_sandbox_phone_number,
    "DeleteSMSSandboxPhoneNumber": delete_sms_sandbox_phone_number,
    "GetSMSSandboxAccountStatus": get_sms_sandbox_account_status,
    "ListOriginationNumbers": list_origination_numbers,
    "ListSMSSandboxPhoneNumbers": list_sms_sandbox_phone_numbers,
    "VerifySMSSandboxPhoneNumber": verify_sms_sandbox_phone_number,
}

# Accepted and stored, with nothing behind it: no phone or device is ever reached, and no data
# protection policy audits or masks a message.
INERT: frozenset[str] = frozenset(
    {
        "CreatePlatformApplication",
        "CreatePlatformEndpoint",
        "CreateSMSSandboxPhoneNumber",
        "DeleteEndpoint",
        "DeletePlatformApplication",
        "DeleteSMSSandboxPhoneNumber",
        "GetDataProtectionPolicy",
        "GetEndpointAttributes",
        "GetPlatformApplicationAttributes",
        "GetSMSAttributes",
        "GetSMSSandboxAccountStatus",
        "CheckIfPhoneNumberIsOptedOut",
        "ListEndpointsByPlatformApplication",
        "ListOriginationNumbers",
        "ListPhoneNumbersOptedOut",
        "ListPlatformApplications",
        "ListSMSSandboxPhoneNumbers",
        "OptInPhoneNumber",
        "PutDataProtectionPolicy",
        "SetEndpointAttributes",
        "SetPlatformApplicationAttributes",
        "SetSMSAttributes",
        "VerifySMSSandboxPhoneNumber",
    }
)
