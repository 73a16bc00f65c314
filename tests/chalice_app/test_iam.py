"""Calls of a project's functions against the policies that `chalice deploy` would make."""

from __future__ import annotations

import io
import json
import logging
import zipfile
from typing import TYPE_CHECKING, Any

import pytest

from chalice_offline.testing import Offline

if TYPE_CHECKING:
    from pathlib import Path

CODE = """
import boto3

@app.lambda_function()
def work(event, context):
    boto3.client("sqs").send_message(QueueUrl=event["queue"], MessageBody="one")
"""
# Chalice's analyser reads app.py only, and does not see a client that a function is given.
HIDDEN = """
import boto3

def send(clients, url):
    clients["sqs"].send_message(QueueUrl=url, MessageBody="one")

@app.lambda_function()
def work(event, context):
    send({"sqs": boto3.client("sqs")}, event["queue"])
"""


def _work(directory: Path, iam: str, caplog: Any = None) -> tuple[bool, int]:
    """Run the function; return whether it failed, and how many messages it sent."""
    with Offline(directory, stage="dev", region="us-east-1", iam=iam) as offline:
        sqs = offline.client("sqs")
        url = sqs.create_queue(QueueName="jobs")["QueueUrl"]
        reply = offline.client("lambda").invoke(
            FunctionName="demo-dev-work", Payload=json.dumps({"queue": url}).encode()
        )
        offline.settle(raise_errors=False)
        sent = sqs.get_queue_attributes(QueueUrl=url, AttributeNames=["All"])["Attributes"]
        if "FunctionError" in reply:
            assert (
                "is not authorized to perform: sqs:SendMessage on resource: "
                in (json.loads(reply["Payload"].read())["errorMessage"])
            )
        return "FunctionError" in reply, int(sent["ApproximateNumberOfMessages"])


def test_what_the_generated_policy_allows_passes(projects: Any) -> None:
    """Chalice saw the call in app.py."""
    assert _work(projects.write(CODE), "enforce") == (False, 1)


def test_what_the_generated_policy_lacks_is_refused_as_on_aws(projects: Any) -> None:
    """The call fails before it has any effect, with AWS's words."""
    assert _work(projects.write(HIDDEN), "enforce") == (True, 0)


def test_a_warning_names_function_role_action_and_resource(
    projects: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Once; and the call is made."""
    with caplog.at_level(logging.WARNING):
        assert _work(projects.write(HIDDEN), "warn") == (False, 1)
    said = [line for line in caplog.messages if "does not allow" in line]
    [line] = said
    assert line == (
        "function demo-dev-work: its role demo-dev does not allow sqs:SendMessage on "
        "arn:aws:sqs:us-east-1:000000000000:jobs; on AWS the call fails"
    )


def test_a_policy_file_is_what_counts(projects: Any) -> None:
    """A denial in it, too."""
    allow = {"Effect": "Allow", "Action": "sqs:*", "Resource": "*"}
    config = {"stages": {"dev": {"autogen_policy": False, "iam_policy_file": "policy.json"}}}
    for statements, wanted in (
        ([allow], (False, 1)),
        ([allow, allow | {"Effect": "Deny", "Action": "sqs:Send*"}], (True, 0)),
    ):
        policy = json.dumps({"Version": "2012-10-17", "Statement": statements})
        files = {".chalice/policy.json": policy}
        assert _work(projects.write(HIDDEN, config=config, files=files), "enforce") == wanted


ASSUMES = """
import boto3

@app.lambda_function()
def work(event, context):
    role = boto3.client("sts").assume_role(RoleArn=event["role"], RoleSessionName="one")
    keys = role["Credentials"]
    session = boto3.Session(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], "us-east-1"
    )
    return session.client("sqs").get_queue_url(QueueName=event["queue"])["QueueUrl"]
"""


def test_a_session_has_the_policies_of_the_role_that_it_assumed(projects: Any) -> None:
    """And not those of the function: neither more nor less."""
    policy = {
        "Version": "2012-10-17",
        "Statement": [{"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}],
    }
    config = {"stages": {"dev": {"autogen_policy": False, "iam_policy_file": "policy.json"}}}
    files = {".chalice/policy.json": json.dumps(policy)}
    project = projects.write(ASSUMES, config=config, files=files)
    may = {"Effect": "Allow", "Action": "sqs:GetQueueUrl", "Resource": "arn:aws:sqs:*:*:mine"}
    with Offline(project, stage="dev", region="us-east-1", iam="enforce") as offline:
        iam = offline.client("iam")
        role = iam.create_role(RoleName="looks", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        document = json.dumps({"Version": "2012-10-17", "Statement": [may]})
        iam.put_role_policy(RoleName="looks", PolicyName="may", PolicyDocument=document)
        for queue, is_refused in (("mine", False), ("yours", True)):
            offline.client("sqs").create_queue(QueueName=queue)
            reply = offline.client("lambda").invoke(
                FunctionName="demo-dev-work", Payload=json.dumps({"queue": queue, "role": role})
            )
            assert ("FunctionError" in reply) is is_refused
            said = reply["Payload"].read().decode()
            assert ("assumed-role/looks/" in said) is is_refused


NARROWED = """
import boto3

@app.lambda_function()
def work(event, context):
    role = boto3.client("sts").assume_role(**event["session"])
    keys = role["Credentials"]
    session = boto3.Session(
        keys["AccessKeyId"], keys["SecretAccessKey"], keys["SessionToken"], "us-east-1"
    )
    return session.client("sqs").get_queue_url(QueueName=event["queue"])["QueueUrl"]
"""
MINE = "arn:aws:sqs:*:*:mine"
YEAR_2000, YEAR_3000 = "2000-01-01T00:00:00Z", "3000-01-01T00:00:00Z"


def _policy(effect: str = "Allow", resource: str = MINE, until: str = YEAR_3000) -> str:
    may = {
        "Effect": effect,
        "Action": "sqs:GetQueueUrl",
        "Resource": resource,
        "Condition": {"DateLessThan": {"aws:CurrentTime": until}},
    }
    return json.dumps({"Version": "2012-10-17", "Statement": [may]})


@pytest.mark.parametrize(
    ("session", "may", "why"),
    [
        ({}, ["mine", "yours"], ""),
        ({"Policy": _policy()}, ["mine"], "because no session policy allows"),
        ({"Policy": _policy(resource="*")}, ["mine", "yours"], ""),
        ({"Policy": _policy(until=YEAR_2000)}, [], "because no session policy allows"),
        ({"Policy": _policy("Deny", "*")}, [], "with an explicit deny in a session policy"),
        ({"PolicyArns": [{"arn": "{managed}"}]}, ["mine"], "because no session policy allows"),
        (
            {"PolicyArns": [{"arn": "{managed}"}], "Policy": _policy(resource="*")},
            ["mine", "yours"],
            "",
        ),
        (
            {"PolicyArns": [{"arn": "arn:aws:iam::000000000000:policy/none"}]},
            [],
            "because no session policy allows",
        ),
        ({"Policy": "{"}, [], "MalformedPolicyDocument"),
        ({"Policy": "[]"}, [], "MalformedPolicyDocument"),
        ({"Policy": _policy(resource="x" * 2048)}, [], "PackedPolicyTooLarge"),
    ],
)
def test_a_session_may_what_its_role_and_its_own_policies_allow(
    projects: Any, session: dict[str, Any], may: list[str], why: str
) -> None:
    """The policies that AssumeRole was given take away; they never add: no session may `theirs`."""
    config = {"stages": {"dev": {"autogen_policy": False, "iam_policy_file": "policy.json"}}}
    allow = {"Effect": "Allow", "Action": "sts:AssumeRole", "Resource": "*"}
    files = {".chalice/policy.json": json.dumps({"Version": "2012-10-17", "Statement": [allow]})}
    project = projects.write(NARROWED, config=config, files=files)
    with Offline(project, stage="dev", region="us-east-1", iam="enforce") as offline:
        iam = offline.client("iam")
        role = iam.create_role(RoleName="looks", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        for name in ("mine", "yours"):
            document = _policy(resource=MINE.replace("mine", name))
            iam.put_role_policy(RoleName="looks", PolicyName=name, PolicyDocument=document)
        managed = iam.create_policy(PolicyName="mine", PolicyDocument=_policy())["Policy"]["Arn"]
        said = {}
        for queue in ("mine", "yours", "theirs"):
            offline.client("sqs").create_queue(QueueName=queue)
            asked = json.loads(json.dumps(session).replace("{managed}", managed))
            asked |= {"RoleArn": role, "RoleSessionName": "one"}
            payload = json.dumps({"queue": queue, "session": asked})
            reply = offline.client("lambda").invoke(
                FunctionName="demo-dev-work", Payload=payload.encode()
            )
            if "FunctionError" in reply:
                said[queue] = reply["Payload"].read().decode()
    assert [queue for queue in ("mine", "yours") if queue not in said] == may
    assert "theirs" in said
    assert all(why in said[queue] for queue in ("mine", "yours") if queue in said)


def test_a_deployed_function_has_the_policies_of_its_role(projects: Any) -> None:
    """Inline and attached, asked from IAM; a role that nobody made is not judged."""
    package = io.BytesIO()
    code = (
        "import boto3\n"
        "def handler(event, context):\n"
        "    return boto3.client('s3').list_buckets()['ResponseMetadata']['HTTPStatusCode']\n"
    )
    with zipfile.ZipFile(package, "w") as archive:
        archive.writestr("handler.py", code)
    with Offline(projects.write(CODE), stage="dev", region="us-east-1", iam="enforce") as offline:
        iam, lambda_ = offline.client("iam"), offline.client("lambda")
        role = iam.create_role(RoleName="made", AssumeRolePolicyDocument="{}")["Role"]["Arn"]
        for name, arn in (("known", role), ("unknown", "arn:aws:iam::000000000000:role/none")):
            lambda_.create_function(
                FunctionName=name,
                Role=arn,
                Runtime="python3.12",
                Handler="handler.handler",
                Code={"ZipFile": package.getvalue()},
            )

        def outcome(name: str) -> Any:
            return json.loads(lambda_.invoke(FunctionName=name)["Payload"].read())

        assert outcome("unknown") == 200
        assert outcome("known")["errorMessage"].startswith("An error occurred (AccessDenied)")
        statement = {"Effect": "Allow", "Action": "s3:ListAllMyBuckets", "Resource": "*"}
        iam.put_role_policy(
            RoleName="made",
            PolicyName="lists",
            PolicyDocument=json.dumps({"Version": "2012-10-17", "Statement": [statement]}),
        )
        assert outcome("known") == 200


SOCKETS = """
import boto3
app.experimental_feature_flags.update(["WEBSOCKETS"])
app.websocket_api.session = boto3.session.Session()

@app.on_ws_message()
def message(event):
    app.websocket_api.send(event.connection_id, "heard")
"""


def _told(directory: Path) -> str | bytes:
    with Offline(directory, stage="dev", iam="enforce") as offline:
        socket = offline.websocket()
        socket.send("hello")
        return socket.receive()


def test_websocket_handlers_may_use_their_connections(projects: Any) -> None:
    """Chalice's generated policy says so."""
    assert _told(projects.write(SOCKETS)) == "heard"


def test_a_policy_of_ones_own_has_to_allow_connections(
    projects: Any, caplog: pytest.LogCaptureFixture
) -> None:
    """Else the handler fails, as on AWS."""
    statement = {"Effect": "Allow", "Action": "logs:*", "Resource": "*"}
    policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
    directory = projects.write(
        SOCKETS,
        config={"stages": {"dev": {"autogen_policy": False}}},
        files={".chalice/policy-dev.json": policy},
    )
    assert json.loads(_told(directory))["message"] == "Internal server error"
    assert "does not allow execute-api:ManageConnections on arn:aws:execute-api:" in caplog.text


READER = """
import boto3

@app.lambda_function()
def work(event, context):
    boto3.client("sqs").receive_message(QueueUrl=event["queue"])
"""


@pytest.mark.parametrize(("name", "is_refused"), [("demo-dev", False), ("other", True)])
def test_what_the_queues_policy_denies_is_refused_whatever_the_role_may(
    projects: Any, name: str, is_refused: bool
) -> None:
    """To everybody but the roles that its condition names."""
    statement = {
        "Effect": "Deny",
        "Principal": "*",
        "Action": "sqs:ReceiveMessage",
        "Resource": "*",
        "Condition": {"ArnNotLike": {"aws:PrincipalArn": f"arn:aws:iam::000000000000:role/{name}"}},
    }
    directory = projects.write(READER)
    with Offline(directory, stage="dev", region="us-east-1", iam="enforce") as offline:
        sqs = offline.client("sqs")
        policy = json.dumps({"Version": "2012-10-17", "Statement": [statement]})
        url = sqs.create_queue(QueueName="jobs", Attributes={"Policy": policy})["QueueUrl"]
        reply = offline.client("lambda").invoke(
            FunctionName="demo-dev-work", Payload=json.dumps({"queue": url}).encode()
        )
        offline.settle(raise_errors=False)
        assert ("FunctionError" in reply) is is_refused
        if is_refused:
            said = json.loads(reply["Payload"].read())["errorMessage"]
            assert said.endswith("with an explicit deny in a resource-based policy")
