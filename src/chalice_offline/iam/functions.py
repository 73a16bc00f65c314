"""Who a function is to IAM: its role, and the role's policies."""

from __future__ import annotations

import json
import re
from functools import partial
from typing import TYPE_CHECKING, Any

from chalice_offline.core.context import Caller
from chalice_offline.core.errors import AwsError
from chalice_offline.core.http import Headers, HttpRequest, HttpResponse
from chalice_offline.iam.actions import Place
from chalice_offline.iam.check import IamCheck, Identity, Mode
from chalice_offline.iam.roles import document_of, documents_of

if TYPE_CHECKING:
    from collections.abc import Callable

    from chalice_offline.emulator import Emulator
    from chalice_offline.protocols import Target
    from chalice_offline.services.lambda_ import LambdaState

    #: name of a function as it is deployed -> its role and the policies Chalice would give it
    ProjectPolicies = Callable[[str], tuple[str, list[dict[str, Any]]] | None]

_OF_A_SESSION = "ASIA"
"""How the access keys of STS's sessions begin (IAM user guide, "Unique identifiers")."""

_SESSION = re.compile(r"arn:aws:sts::(\d{12}):assumed-role/([^/<]+)/")
_FORM = "application/x-www-form-urlencoded"
_WHO = b"Action=GetCallerIdentity&Version=2011-06-15"
# What changes nothing about roles: all else makes us ask again.
_READS = ("Get", "List", "Simulate", "Generate")


class FunctionCalls:
    """Judges what functions ask of AWS in one emulator."""

    def __init__(
        self,
        emulator: Emulator,
        lambda_: LambdaState,
        mode: Mode,
        of_project: ProjectPolicies = lambda _name: None,
    ) -> None:
        """Make it; `of_project` knows the functions that are the project's own."""
        self._emulator = emulator
        self._lambda = lambda_
        self.of_project = of_project
        self._check = IamCheck(mode)
        self._known: dict[tuple[str, str], list[dict[str, Any]] | None] = {}

    def judge(self, target: Target, request: dict[str, Any], caller: Caller) -> None:
        """Judge a call with its parameters; raises AwsError when it is not allowed."""
        operation = target.operation or ""
        if target.service == "iam" and not operation.startswith(_READS):
            self._known.clear()
        arn = self._emulator.lineages.ran(caller.causes[0]) if caller.causes else ""
        identity = self._identity(arn) if arn else None
        if identity is not None and target.access_key.startswith(_OF_A_SESSION):
            identity = self._assumed(identity, target.access_key, caller)
        if identity is not None:
            place = Place(caller.account_id, caller.region)
            there = self._policy_of(target.service, request, caller)
            now_ms = self._emulator.now_ms
            self._check.check(identity, target.service, operation, request, place, there, now_ms)

    def _policy_of(self, service: str, request: dict[str, Any], caller: Caller) -> dict[str, Any]:
        """Return the policy of the queue that a call names; {} without one, or for all else."""
        if service != "sqs" or "QueueUrl" not in request:
            return {}
        asked = {"QueueUrl": request["QueueUrl"], "AttributeNames": ["Policy"]}
        try:
            reply = self._emulator.call("sqs", "GetQueueAttributes", asked, caller)
        except AwsError:  # the call itself will say that there is no such queue
            return {}
        attributes = reply.get("Attributes", {}) if isinstance(reply, dict) else {}
        document = json.loads(attributes.get("Policy") or "{}")
        return document if isinstance(document, dict) else {}

    def _identity(self, arn: str) -> Identity | None:
        """Return the function with its policies; None when nobody knows them."""
        function = self._lambda.by_arn(arn)
        if function is None:
            return None
        if function.upload is None:
            known = self.of_project(function.name)
            return known and Identity(function.name, *known)
        account_id, role = function.settings.account_id, function.upload.role
        documents = self._documents(account_id, role)
        return None if documents is None else Identity(function.name, role, documents)

    def _assumed(self, function: Identity, access_key: str, caller: Caller) -> Identity | None:
        """Return the function in the role whose session signed; itself when nobody knows that."""
        scope = f"{access_key}/20260101/{caller.region}/sts/aws4_request"
        signed = f"AWS4-HMAC-SHA256 Credential={scope}, SignedHeaders=host, Signature=0"
        headers = Headers([("authorization", signed), ("content-type", _FORM)])
        request = HttpRequest("POST", "https://sts.amazonaws.com/", headers, _WHO)
        reply = self._emulator.forward("sts", "GetCallerIdentity", request, caller)
        found = _SESSION.search(reply.body.decode()) if isinstance(reply, HttpResponse) else None
        if found is None:
            return function
        account_id, role = found.groups()
        documents = self._documents(account_id, f"arn:aws:iam::{account_id}:role/{role}")
        if documents is None:
            return None
        narrowed = self._of_session(account_id, access_key)
        return Identity(function.function_name, role, documents, narrowed)

    def _of_session(self, account_id: str, access_key: str) -> list[dict[str, Any]] | None:
        """Return the policies that a session was given; None when it was given none."""
        policy = self._emulator.delegated.sessions.of(access_key)
        if policy is None:
            return None
        documents = [] if policy.document is None else [policy.document]
        ask = partial(self._ask, account_id)
        return documents + [document_of(arn, ask) for arn in policy.arns]

    def _documents(self, account_id: str, role: str) -> list[dict[str, Any]] | None:
        key = (account_id, role)
        if key not in self._known:
            self._known[key] = documents_of(role, lambda *asked: self._ask(account_id, *asked))
        return self._known[key]

    def _ask(self, account_id: str, operation: str, request: dict[str, Any]) -> dict[str, Any]:
        caller = Caller(account_id, "us-east-1", "https://iam.amazonaws.com")
        reply = self._emulator.call("iam", operation, request, caller)
        return reply if isinstance(reply, dict) else {}
