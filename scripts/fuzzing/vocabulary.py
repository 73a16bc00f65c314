"""Values that make sense: by the name of the member they are for.

A request made of these has a fair chance to succeed, and to meet what earlier requests left.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    import random
    from collections.abc import Iterable

ACCOUNT_ID = "000000000000"
REGION = "us-east-1"
ENDPOINT = "http://127.0.0.1:4566"
START = datetime(2026, 1, 1, tzinfo=UTC)

QUEUES = ["orders", "dead", "slow", "orders.fifo", "dead.fifo"]
TOPICS = ["updates", "archive", "updates.fifo"]
BUSES = ["default", "sales"]
FUNCTIONS = ["echo", "fails", "partial", "nonsense"]
BUCKETS = ["shop", "menus"]


def arn(service: str, resource: str, account_id: str = ACCOUNT_ID) -> str:
    """Return the ARN of a resource in the region everything here happens in."""
    return f"arn:aws:{service}:{REGION}:{account_id}:{resource}"


QUEUE_URLS = [f"{ENDPOINT}/{ACCOUNT_ID}/{name}" for name in QUEUES]
QUEUE_ARNS = [arn("sqs", name) for name in QUEUES]
TOPIC_ARNS = [arn("sns", name) for name in TOPICS]
BUS_ARNS = [arn("events", f"event-bus/{name}") for name in BUSES]
RULE_ARNS = [arn("events", "rule/all"), arn("events", "rule/sales/some")]
FUNCTION_ARNS = [arn("lambda", f"function:{name}") for name in FUNCTIONS]
GROUP_ARNS = [arn("scheduler", "schedule-group/default"), arn("scheduler", "schedule-group/shop")]
TARGET_ARNS = [*QUEUE_ARNS, *TOPIC_ARNS, *BUS_ARNS, *FUNCTION_ARNS, arn("logs", "log-group:/aws/x")]
ROLE_ARN = f"arn:aws:iam::{ACCOUNT_ID}:role/service"

_PATTERNS = [
    {"source": ["shop"]},
    {"source": [{"prefix": "s"}], "detail": {"amount": [{"numeric": [">", 5, "<=", 100]}]}},
    {"detail-type": ["placed", {"anything-but": "cancelled"}]},
    {"detail": {"a": {"b": [{"exists": False}]}, "name": [{"wildcard": "x*y"}]}},
    {"$or": [{"source": ["a"]}, {"detail": {"ip": [{"cidr": "10.0.0.0/8"}]}}]},
]
_DETAILS = [
    {"amount": 7, "name": "xay", "items": [1, {"a": None}]},
    {"a": {"b": "c"}, "price": 1e300},
    {},
]
_POLICIES = [
    {
        "Version": "2012-10-17",
        "Statement": [
            {"Effect": "Allow", "Principal": "*", "Action": "*", "Resource": "*", "Sid": "one"}
        ],
    },
    {"Statement": {"Effect": "Deny", "Principal": {"AWS": ACCOUNT_ID}, "Action": ["sqs:Send*"]}},
]
_REDRIVE = [
    {"deadLetterTargetArn": QUEUE_ARNS[1], "maxReceiveCount": 2},
    {"deadLetterTargetArn": QUEUE_ARNS[4], "maxReceiveCount": "3"},
    {"deadLetterTargetArn": QUEUE_ARNS[1]},
]
_AUTHORIZATION = [
    {"BasicAuthParameters": {"Username": "a", "Password": "b"}},
    {"ApiKeyAuthParameters": {"ApiKeyName": "k", "ApiKeyValue": "v"}},
]
_JSON: list[Any] = [*_DETAILS, [], "text", 5, None]


def _texts(values: Iterable[Any]) -> list[str]:
    return [json.dumps(value) for value in values]


_NAMES = ["shop", "all", "some"]
_SCHEDULES = [
    "rate(1 minute)",
    "rate(5 hours)",
    "cron(0 12 * * ? *)",
    "cron(0/15 8-18 ? * MON-FRI *)",
    "at(2026-01-01T00:05:00)",
]

# Keys are member names, or keys of a map, in lower case. A value of a type that the member's
# shape does not have is spelled in that type where it can be, else not used.
VALUES: dict[str, list[Any]] = {
    # sqs
    "queueurl": QUEUE_URLS,
    "queuename": [*QUEUES, "new", "new.fifo"],
    "queueownerawsaccountid": [ACCOUNT_ID],
    "queuenameprefix": ["", "o", "dead"],
    "messagebody": ["hello", "{}", "<&>é☃"],
    "delayseconds": [0, 0, 1, 900],
    "visibilitytimeout": [0, 0, 1, 30, 43200],
    "waittimeseconds": [0, 0, 1, 20],
    "maxnumberofmessages": [1, 5, 10],
    "messagegroupid": ["a", "b"],
    "messagededuplicationid": ["1", "2", "3"],
    "receiverequestattemptid": ["try-1"],
    "maxnumberofmessagespersecond": [1, 500],
    "messageretentionperiod": [60, 345600, 1209600],
    "maximummessagesize": [1024, 262144],
    "receivemessagewaittimeseconds": [0, 20],
    "fifoqueue": ["true"],
    "fifotopic": ["true"],
    "contentbaseddeduplication": ["true", "false"],
    "deduplicationscope": ["queue", "messageGroup"],
    "fifothroughputlimit": ["perQueue", "perMessageGroupId"],
    "sqsmanagedsseenabled": ["true", "false"],
    "kmsmasterkeyid": ["alias/aws/sqs"],
    "kmsdatakeyreuseperiodseconds": [300],
    "redrivepolicy": ["", *_texts(_REDRIVE)],
    "redriveallowpolicy": _texts(
        [
            {"redrivePermission": "allowAll"},
            {"redrivePermission": "byQueue", "sourceQueueArns": QUEUE_ARNS[:1]},
        ]
    ),
    "policy": ["", *_texts(_POLICIES)],
    "awsaccountids": [[ACCOUNT_ID]],
    "actions": [["SendMessage"], ["*"]],
    "sourcearn": TARGET_ARNS,
    "datatype": ["String", "Number", "Binary", "String.Array", "Number.int"],
    "stringvalue": ["text", "12", '["a", 1]'],
    # sns
    "topicarn": TOPIC_ARNS,
    "name": [*_NAMES, *TOPICS],
    "protocol": ["sqs", "sqs", "lambda", "http", "email", "sms", "application"],
    "endpoint": [*QUEUE_ARNS, *FUNCTION_ARNS, "http://ok.example/hook", "http://down.example/"],
    "attributename": [
        "FilterPolicy",
        "FilterPolicyScope",
        "RawMessageDelivery",
        "RedrivePolicy",
        "DeliveryPolicy",
        "DisplayName",
        "Policy",
        "Enabled",
        "ArchivePolicy",
    ],
    "filterpolicy": ["{}", *_texts([{"kind": ["a", {"prefix": "b"}]}, *_PATTERNS[:2]])],
    "filterpolicyscope": ["MessageBody", "MessageAttributes"],
    "rawmessagedelivery": ["true", "false"],
    "deliverypolicy": _texts([{"healthyRetryPolicy": {"numRetries": 3}}, {}]),
    "message": ["hello", *_texts([{"default": "d", "sqs": "q"}, *_DETAILS])],
    "messagestructure": ["json"],
    "subject": ["News"],
    "phonenumber": ["+15550100"],
    "platform": ["GCM", "APNS"],
    "platformcredential": ["key"],
    "platformprincipal": ["certificate"],
    "archivepolicy": _texts([{"MessageRetentionPeriod": "30"}]),
    "replaypolicy": _texts([{"PointType": "Timestamp", "StartingPoint": "2026-01-01T00:00:00Z"}]),
    # events, scheduler
    "eventbusname": [*BUSES, *BUS_ARNS],
    "eventpattern": _texts(_PATTERNS),
    "event": _texts(
        [
            {
                "id": "1",
                "account": ACCOUNT_ID,
                "source": "shop",
                "region": REGION,
                "time": "2026-01-01T00:00:00Z",
                "resources": [],
                "detail-type": "placed",
                "detail": _DETAILS[0],
            }
        ]
    ),
    "scheduleexpression": _SCHEDULES,
    "scheduleexpressiontimezone": ["UTC", "Europe/Berlin", "America/New_York"],
    "detail": _texts(_DETAILS),
    "detailtype": ["placed", "cancelled"],
    "source": ["shop", "a"],
    "resources": [[arn("s3", "x")], []],
    "rule": _NAMES,
    "nameprefix": ["", "s", "one"],
    "input": _texts(_JSON),
    "inputpath": ["$.detail", "$", "$.detail.items[0]"],
    "inputpathsmap": [{"a": "$.detail.amount", "b": "$.source"}],
    "inputtemplate": ['{"a": <a>, "b": "<b>"}', '"<b> and <aws.events.rule-name>"'],
    "targetarn": TARGET_ARNS,
    "arn": TARGET_ARNS,
    "rolearn": [ROLE_ARN],
    "eventsourcearn": [*BUS_ARNS, *QUEUE_ARNS],
    "resourcearn": [*RULE_ARNS, *BUS_ARNS, *TOPIC_ARNS, *GROUP_ARNS],
    "authparameters": _AUTHORIZATION,
    "authorizationtype": ["BASIC", "API_KEY"],
    "invocationendpoint": ["https://ok.example/hook/*", "https://down.example/"],
    "destination": [{"Arn": BUS_ARNS[0]}],
    "archivename": _NAMES,
    "replayname": _NAMES,
    "connectionname": _NAMES,
    "groupname": ["default", "shop"],
    "flexibletimewindow": [{"Mode": "OFF"}, {"Mode": "FLEXIBLE", "MaximumWindowInMinutes": 5}],
    "maximumretryattempts": [0, 2],
    "maximumeventageinseconds": [60, 3600],
    "state": ["ENABLED", "DISABLED"],
    # s3
    "bucket": BUCKETS,
    "queuearn": QUEUE_ARNS,
    "lambdafunctionarn": FUNCTION_ARNS,
    "filterrules": [[{"Name": "prefix", "Value": "a"}], [{"Name": "suffix", "Value": ".json"}]],
    "key": ["a/b.json", "menu é.json", "x"],
    "copysource": ["shop/x"],
    "expectedbucketowner": [ACCOUNT_ID],
    # lambda
    "functionname": [*FUNCTIONS, *FUNCTION_ARNS],
    "payload": [text.encode() for text in _texts(_JSON)],
    "invocationtype": ["Event", "RequestResponse", "DryRun"],
    "batchsize": [1, 10],
    "maximumbatchingwindowinseconds": [0, 1, 5],
    "scalingconfig": [{"MaximumConcurrency": 2}],
    "filtercriteria": [{"Filters": [{"Pattern": text}]} for text in _texts(_PATTERNS[:2])],
    "functionresponsetypes": [["ReportBatchItemFailures"]],
    "statementid": ["one", "two"],
    "principal": ["*", "sns.amazonaws.com", ACCOUNT_ID],
    "action": ["lambda:InvokeFunction", "events:PutEvents", "sns:Publish"],
    "reservedconcurrentexecutions": [0, 1, 5],
    # where a name means something else for one service
    "sqs.sourcearn": QUEUE_ARNS,
    "sqs.destinationarn": QUEUE_ARNS,
    "sns.name": TOPICS,
    "events.name": [*_NAMES, "sales"],
    "events.resourcearn": [*RULE_ARNS, *BUS_ARNS],
    "events.eventsourcearn": BUS_ARNS,
    "scheduler.name": ["shop", "all"],
    "scheduler.resourcearn": GROUP_ARNS,
    "scheduler.kmskeyarn": [arn("kms", "key/1")],
    "scheduler.eventbridgeparameters": [{"DetailType": "placed", "Source": "shop"}],
    "lambda.eventsourcearn": QUEUE_ARNS,
    "lambda.resource": FUNCTION_ARNS,
    "lambda.clientcontext": ["eyJhIjogMX0="],
    "lambda.qualifier": ["$LATEST"],
    "sns.resourcearn": TOPIC_ARNS,
    "sns.attributes": [{"DefaultSMSType": "Promotional"}, {"DisplayName": "x"}, {}],
    # everywhere
    "id": ["1", "2", "3", "id-4"],
    "label": ["one", "two"],
    "limit": [1, 10],
    "maxresults": [1, 10],
    "maxitems": [1, 10],
    "tagkey": ["a", "b"],
    "tagkeys": [["a"], ["a", "b"]],
}
TIMESTAMPS = [START + timedelta(minutes=minutes) for minutes in (-120, -1, 5, 90, 10_000)]
PLAIN = ["a", "orders", "name-1", "1.0", "12", "a b/c&d=e", ROLE_ARN, "x@example.com"]

# Of these, what replies carry is used in later requests.
LEARNED = {
    "receipthandle", "queueurl", "topicarn", "subscriptionarn", "platformapplicationarn",
    "endpointarn", "taskhandle", "uuid", "nexttoken", "token", "rulearn", "connectionarn",
    "apidestinationarn", "archivearn", "revisionid", "schedulearn",
}  # fmt: skip
_ALSO_KNOWN_AS = {
    "endpoint": "endpointarn",
    "targetarn": "endpointarn",
    "resourcearn": "rulearn",
}
_KEPT = 20


class Vocabulary:
    """The values above, and those learned from replies."""

    def __init__(self) -> None:
        self._learned: dict[str, list[Any]] = {}

    def choose(self, name: str, dice: random.Random, service: str = "") -> Any:
        """Return a value for a member of this name, or None when none comes to mind."""
        name = name.lower()
        learned = self._learned.get(name) or self._learned.get(_ALSO_KNOWN_AS.get(name, ""), [])
        fixed = VALUES.get(f"{service}.{name}") or VALUES.get(name, [])
        if learned and (not fixed or dice.random() < 0.5):
            return dice.choice(learned)
        return dice.choice(fixed) if fixed else None

    def learn(self, reply: Any) -> None:
        """Keep what later requests may want to name."""
        if isinstance(reply, dict):
            for name, value in reply.items():
                if isinstance(value, str) and value and name.lower() in LEARNED:
                    self._keep(name.lower(), value)
                else:
                    self.learn(value)
        elif isinstance(reply, list):
            for value in reply:
                self.learn(value)

    def _keep(self, name: str, value: str) -> None:
        known = self._learned.setdefault(name, [])
        if value not in known:
            known.append(value)
            del known[:-_KEPT]
