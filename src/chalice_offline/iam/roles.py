"""The policies of a role, as IAM tells them."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any
from urllib.parse import unquote

from chalice_offline.core.errors import AwsError

if TYPE_CHECKING:
    from collections.abc import Callable

    #: operation, request -> reply of IAM in an account
    AskIam = Callable[[str, dict[str, Any]], dict[str, Any]]


def documents_of(role: str, ask: AskIam) -> list[dict[str, Any]] | None:
    """Return a role's policy documents, inline and attached; None when there is no such role."""
    name = {"RoleName": role.rpartition("/")[2]}
    try:
        inline = ask("ListRolePolicies", name)["PolicyNames"]
        attached = ask("ListAttachedRolePolicies", name)["AttachedPolicies"]
    except AwsError as error:
        if error.code != "NoSuchEntity":
            raise
        return None
    documents = [
        ask("GetRolePolicy", name | {"PolicyName": one})["PolicyDocument"] for one in inline
    ]
    read = [_parsed(document) for document in documents]
    return read + [document_of(policy["PolicyArn"], ask) for policy in attached]


def document_of(policy_arn: str, ask: AskIam) -> dict[str, Any]:
    """Return the document of a managed policy; one that is not there allows nothing."""
    arn = {"PolicyArn": policy_arn}
    try:
        version = ask("GetPolicy", arn)["Policy"]["DefaultVersionId"]
        reply = ask("GetPolicyVersion", arn | {"VersionId": version})
    except AwsError as error:
        if error.code != "NoSuchEntity":
            raise
        return {}
    return _parsed(reply["PolicyVersion"]["Document"])


def _parsed(document: Any) -> dict[str, Any]:
    """Return a document; IAM may give it as text, with its characters escaped for URLs."""
    found: dict[str, Any] = json.loads(unquote(document)) if isinstance(document, str) else document
    return found
