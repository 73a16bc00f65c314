"""STS and SQS: a look into a queue of dead letters, by a session that may do nothing else."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

from chalicelib.adapters.errors import aws_errors

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

LEAST_SECONDS = 900
"""AWS's shortest session. Its policy ends earlier, and it never leaves this process."""

LOOKED_AT_SECONDS = 30
"""How long others do not see what was looked at: the next look shows the next letters."""


class DeadLetters:
    """What lies in queues of dead letters."""

    def __init__(self, sts: Any, client_of: Callable[..., Any]) -> None:
        """Make it; `client_of`(service, **credentials) makes a client of a session's."""
        self._sts = sts
        self._client_of = client_of

    def batches(
        self, *, role_arn: str, queue_arn: str, session: str, until: str
    ) -> Iterator[list[dict[str, Any]]]:
        """Yield messages, up to ten at a time, as a session named `session`, until there are none.

        The messages stay. The session may look until `until`, which is RFC 3339: AWS refuses it
        after that.
        """
        may = {
            "Effect": "Allow",
            "Action": ["sqs:GetQueueUrl", "sqs:ReceiveMessage"],
            "Resource": queue_arn,
            "Condition": {"DateLessThan": {"aws:CurrentTime": until}},
        }
        with aws_errors("AssumeRole"):
            credentials = self._sts.assume_role(
                RoleArn=role_arn,
                RoleSessionName=session,
                DurationSeconds=LEAST_SECONDS,
                Policy=json.dumps({"Version": "2012-10-17", "Statement": [may]}),
            )["Credentials"]
        sqs = self._client_of(
            "sqs",
            aws_access_key_id=credentials["AccessKeyId"],
            aws_secret_access_key=credentials["SecretAccessKey"],
            aws_session_token=credentials["SessionToken"],
        )
        with aws_errors("GetQueueUrl"):
            url = sqs.get_queue_url(QueueName=queue_arn.rpartition(":")[2])["QueueUrl"]
        while batch := _received(sqs, url):
            yield batch


def _received(sqs: Any, url: str) -> list[dict[str, Any]]:
    with aws_errors("ReceiveMessage"):
        reply = sqs.receive_message(
            QueueUrl=url,
            MaxNumberOfMessages=10,
            VisibilityTimeout=LOOKED_AT_SECONDS,
            AttributeNames=["SentTimestamp", "ApproximateReceiveCount"],
        )
    return [
        {
            "id": message["MessageId"],
            "sent_ms": int(message["Attributes"]["SentTimestamp"]),
            "receives": int(message["Attributes"]["ApproximateReceiveCount"]),
            "body": message["Body"],
        }
        for message in reply.get("Messages", [])
    ]
