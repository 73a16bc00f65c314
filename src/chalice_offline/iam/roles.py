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
    for policy in attached:
        arn = {"PolicyArn": policy["PolicyArn"]}
        version = ask("GetPolicy", arn)["Policy"]["DefaultVersionId"]
        reply = ask("GetPolicyVersion", arn | {"VersionId": version})
        documents.append(reply["PolicyVersion"]["Document"])
    return [_parsed(document) for document in documents]


def _parsed(document: Any) -> dict[str, Any]:
    """Return a document; IAM may give it as text, with its characters escaped for URLs."""
    found: dict[str, Any] = json.loads(unquote(document)) if isinstance(document, str) else document
    return found
