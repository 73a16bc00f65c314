"""Makes what a plan says: queue, policy, and the hook that delivers into it. Safe to repeat."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from botocore.exceptions import ClientError

from chalice_offline.attach.errors import EndpointError
from chalice_offline.attach.failures import code_of, message_of, sentence
from chalice_offline.attach.patience import Patience
from chalice_offline.attach.plan import (
    ATTACHED_TAG,
    RETENTION_SECONDS,
    SOURCE_TAG,
    TARGET_ID,
    queue_policy,
)
from chalice_offline.attach.remove import MISSING, OwnQueue, Remover, without_queue
from chalice_offline.core.errors import ProjectError

if TYPE_CHECKING:
    from collections.abc import Callable
    from threading import Event

    from chalice_offline.attach.endpoint import Endpoint
    from chalice_offline.attach.plan import Attachment, Hook, Place
    from chalice_offline.core.clock import Clock

# A deleted queue's name is free again after 60 s (Amazon SQS API reference, CreateQueue); a new
# queue's policy is known to S3 a little later than to SQS.
NAME_IS_FREE_AFTER_SECONDS = 75
_DELETED_RECENTLY = "AWS.SimpleQueueService.QueueDeletedRecently"
_NOT_YET = "Unable to validate the following destination configurations"
ASK_AGAIN_SECONDS = 3.0


@dataclass(frozen=True, slots=True)
class Attached:
    """An attachment that stands: where its queue is, and how it behaves."""

    attachment: Attachment
    queue_url: str
    queue_arn: str
    visibility_seconds: int
    subscription_arn: str = ""
    adopted: bool = False

    @property
    def own_queue(self) -> OwnQueue | None:
        """The queue, if it is ours to remove."""
        hook = self.attachment.hook
        if hook is None:
            return None
        return OwnQueue(self.attachment.queue, self.queue_url, self.queue_arn, hook.arn)


class Maker:
    """Attaches handlers, one at a time."""

    def __init__(
        self,
        endpoint: Endpoint,
        place: Place,
        remover: Remover,
        clock: Clock,
        stopped: Event,
        tell: Callable[[str], None],
    ) -> None:
        self._place = place
        self._remover = remover
        self._label = remover.label
        self._clock = clock
        self._stopped = stopped
        self._tell = tell
        self._patience = Patience(endpoint.name, clock, stopped)
        self._clients = {name: endpoint.client(name) for name in ("sqs", "sns", "events", "s3")}

    def attach(self, attachment: Attachment) -> Attached:
        """Make everything for one handler, or adopt what is there with our tag.

        Raises ProjectError naming the handler (no such topic, a name that is taken, overlapping
        filters …), EndpointError when the endpoint fails us.
        """
        try:
            if attachment.hook is None:
                return self._read(attachment)
            return self._make(attachment, attachment.hook)
        except ClientError as error:
            where = f"{error.operation_name} for handler {attachment.handler}"
            raise EndpointError(sentence(error, self._patience.where, where)) from error

    def _read(self, attachment: Attachment) -> Attached:
        """Look up the user's own queue and check what Lambda would check."""
        request = {"QueueName": attachment.queue}
        if attachment.queue_owner:
            request["QueueOwnerAWSAccountId"] = attachment.queue_owner
        url = self._if_there("sqs", "get_queue_url", **request)
        if url is None:
            raise self._nothing_there(attachment, f"queue {attachment.queue}")
        queue_url = url["QueueUrl"]
        found = self._remover.attributes(queue_url, ["QueueArn", "VisibilityTimeout"])
        visibility = int(found["VisibilityTimeout"])
        if visibility < attachment.timeout_seconds:
            raise ProjectError(
                f"handler {attachment.handler}, queue {attachment.queue}: Queue visibility "
                f"timeout: {visibility} seconds is less than Function timeout: "
                f"{attachment.timeout_seconds} seconds"
            )
        return Attached(attachment, queue_url, found["QueueArn"], visibility)

    def _make(self, attachment: Attachment, hook: Hook) -> Attached:
        queue_arn = self._place.arn("sqs", attachment.queue)
        visibility = attachment.own_visibility_seconds
        attributes = {
            "VisibilityTimeout": str(visibility),
            "MessageRetentionPeriod": str(RETENTION_SECONDS),
            "Policy": queue_policy(queue_arn, hook, self._place.account_id),
        }
        tags = {ATTACHED_TAG: self._label, SOURCE_TAG: hook.arn}
        self._require_source(attachment, hook)
        present = self._if_there("sqs", "get_queue_url", QueueName=attachment.queue)
        if present is None:
            queue_url = self._create_queue(attachment.queue, attributes, tags)
        else:
            queue_url = present["QueueUrl"]
            self._adopt(attachment, queue_url, queue_arn, attributes, tags)
        try:
            subscription_arn = _HOOKS[hook.kind](self, attachment, hook, queue_arn)
        except (ProjectError, ClientError):
            if present is None:  # what this call has made, and only that
                own = OwnQueue(attachment.queue, queue_url, queue_arn, hook.arn)
                self._remover.unhook(queue_arn, hook.arn)
                self._remover.delete(own, with_messages=True)
            raise
        return Attached(
            attachment, queue_url, queue_arn, visibility, subscription_arn, present is not None
        )

    def _adopt(
        self,
        attachment: Attachment,
        url: str,
        arn: str,
        attributes: dict[str, str],
        tags: dict[str, str],
    ) -> None:
        """Take over a queue that a killed run left; refuse one that is somebody else's."""
        found = self._remover.tags(url)
        if found.get(ATTACHED_TAG) != self._label:
            raise ProjectError(
                f"handler {attachment.handler}: a queue {attachment.queue} is there, but not from "
                f"here (tag {ATTACHED_TAG} is not {self._label}); rename or delete it"
            )
        before = found.get(SOURCE_TAG, "")
        if before != tags[SOURCE_TAG]:
            self._remover.unhook(arn, before)
            self._call("sqs", "tag_queue", QueueUrl=url, Tags=tags)
        self._call("sqs", "set_queue_attributes", QueueUrl=url, Attributes=attributes)

    def _create_queue(self, name: str, attributes: dict[str, str], tags: dict[str, str]) -> str:
        def create() -> str:
            reply = self._call(
                "sqs", "create_queue", QueueName=name, Attributes=attributes, tags=tags
            )
            return str(reply["QueueUrl"])

        waiting = f"queue {name} was deleted less than a minute ago; waiting until AWS allows it"
        return str(self._once_allowed(create, _deleted_recently, waiting))

    def _require_source(self, attachment: Attachment, hook: Hook) -> None:
        if hook.kind == "topic":
            there = self._if_there("sns", "get_topic_attributes", TopicArn=hook.arn)
        elif hook.kind == "bucket":
            there = self._if_there("s3", "head_bucket", Bucket=hook.name)
        else:
            self._require_own_rule(attachment, hook)
            return
        if there is None:
            raise self._nothing_there(attachment, f"{hook.kind} {hook.name}")

    def _require_own_rule(self, attachment: Attachment, hook: Hook) -> None:
        there = self._if_there("events", "describe_rule", Name=hook.name)
        if there is not None and not self._remover.rule_is_ours(hook.arn):
            raise ProjectError(
                f"handler {attachment.handler}: a rule {hook.name} is there, but not from here "
                f"(tag {ATTACHED_TAG} is not {self._label}); rename or delete it"
            )

    # ---- hooks -----------------------------------------------------------------------------------

    def _subscribe(self, _attachment: Attachment, hook: Hook, queue_arn: str) -> str:
        reply = self._call(
            "sns",
            "subscribe",
            TopicArn=hook.arn,
            Protocol="sqs",
            Endpoint=queue_arn,
            Attributes={"RawMessageDelivery": "false"},
            ReturnSubscriptionArn=True,
        )
        return str(reply["SubscriptionArn"])

    def _put_rule(self, attachment: Attachment, hook: Hook, queue_arn: str) -> str:
        request = {"Name": hook.name, "State": "ENABLED", **hook.request}
        tags = [{"Key": ATTACHED_TAG, "Value": self._label}]
        there = self._if_there("events", "describe_rule", Name=hook.name) is not None
        if not there:  # PutRule of a rule that is there takes no tags
            request["Tags"] = tags
        try:
            self._call("events", "put_rule", **request)
        except ClientError as error:
            if code_of(error) in ("InvalidEventPatternException", "ValidationException"):
                raise ProjectError(f"handler {attachment.handler}: {message_of(error)}") from error
            raise
        target = {"Id": TARGET_ID, "Arn": queue_arn}
        reply = self._call("events", "put_targets", Rule=hook.name, Targets=[target])
        if reply.get("FailedEntryCount"):
            told = reply["FailedEntries"][0]["ErrorMessage"]
            raise ProjectError(f"handler {attachment.handler}: rule {hook.name}: {told}")
        return ""

    def _notify(self, attachment: Attachment, hook: Hook, queue_arn: str) -> str:
        def put() -> None:
            wanted = without_queue(self._remover.notifications(hook.name), queue_arn)
            own = {"Id": attachment.queue, "QueueArn": queue_arn, **hook.request}
            wanted["QueueConfigurations"] = [*wanted.get("QueueConfigurations", []), own]
            self._call(
                "s3",
                "put_bucket_notification_configuration",
                Bucket=hook.name,
                NotificationConfiguration=wanted,
            )

        waiting = f"bucket {hook.name} cannot see the new queue's policy yet; waiting"
        try:
            # An engine knows a policy at once; waiting would only hide what is wrong.
            not_yet = _never if self._place.is_local else _destination_unknown
            self._once_allowed(put, not_yet, waiting)
        except ClientError as error:
            if code_of(error) == "InvalidArgument":
                raise ProjectError(
                    f"handler {attachment.handler}, bucket {hook.name}: {message_of(error)}"
                ) from error
            raise
        return ""

    # ---- within ----------------------------------------------------------------------------------

    def _once_allowed(
        self, act: Callable[[], Any], not_yet: Callable[[ClientError], bool], waiting: str
    ) -> Any:
        """Do something that AWS will allow a little later."""
        began_ms = self._clock.now_ms()
        told = False
        while True:
            try:
                return act()
            except ClientError as error:
                waited_ms = self._clock.now_ms() - began_ms
                if not not_yet(error) or waited_ms > NAME_IS_FREE_AFTER_SECONDS * 1000:
                    raise
            if not told:
                self._tell(waiting)
                told = True
            if self._stopped.wait(ASK_AGAIN_SECONDS):
                raise EndpointError(f"stopped while {waiting}")

    def _if_there(self, service: str, operation: str, /, **request: Any) -> Any:
        """Return the reply, None when there is no such resource."""
        try:
            return self._call(service, operation, **request)
        except ClientError as error:
            if code_of(error) in MISSING:
                return None
            raise

    def _nothing_there(self, attachment: Attachment, what: str) -> ProjectError:
        return ProjectError(
            f"handler {attachment.handler}: there is no {what} at {self._patience.where}; deploy "
            ".chalice/resources.json first (on a local engine: --provision)"
        )

    def _call(self, service: str, operation: str, /, **request: Any) -> Any:
        name = "".join(word.capitalize() for word in operation.split("_"))
        method = getattr(self._clients[service], operation)
        return self._patience.call(f"{service}:{name}", method, **request)


def _deleted_recently(error: ClientError) -> bool:
    return code_of(error) == _DELETED_RECENTLY


def _destination_unknown(error: ClientError) -> bool:
    return _NOT_YET in message_of(error)


def _never(_error: ClientError) -> bool:
    return False


_HOOKS: dict[str, Callable[[Maker, Attachment, Hook, str], str]] = {
    "topic": Maker._subscribe,  # noqa: SLF001 - this module's own table
    "rule": Maker._put_rule,  # noqa: SLF001
    "bucket": Maker._notify,  # noqa: SLF001
}
