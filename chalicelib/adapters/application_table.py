"""DynamoDB: merchants' applications."""

from __future__ import annotations

import json
from dataclasses import asdict
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.adapters.errors import aws_errors, error_code
from chalicelib.onboarding.application import Application, Form, Progress

KEEP_SECONDS = 180 * 86_400


class ApplicationTable:
    """Applications by id."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def add(self, application: Application) -> None:
        """Write a new application down."""
        item = {
            "application_id": {"S": application.id},
            "merchant": {"S": application.merchant},
            "email": {"S": application.email},
            "store_id": {"S": application.store_id},
            "progress": {"S": str(application.progress)},
            "reasons": {"S": "[]"},
            "created_ms": {"N": str(application.created_ms)},
            "expires_at": {"N": str(application.created_ms // 1000 + KEEP_SECONDS)},
        }
        with aws_errors("PutItem"):
            self._client.put_item(TableName=self._table, Item=item)

    def get(self, application_id: str) -> Application | None:
        """Return an application."""
        with aws_errors("GetItem"):
            reply = self._client.get_item(
                TableName=self._table,
                Key={"application_id": {"S": application_id}},
                ConsistentRead=True,
            )
        return _application(reply["Item"]) if "Item" in reply else None

    def advance(
        self,
        application_id: str,
        to: Progress,
        *,
        since: tuple[Progress, ...],
        reasons: tuple[str, ...] = (),
    ) -> bool:
        """Note how far it has come: False when it was somewhere else than in `since`."""
        names = {f":since{number}": {"S": str(one)} for number, one in enumerate(since)}
        return self._change(
            application_id,
            "SET progress = :to, reasons = :reasons",
            {":to": {"S": str(to)}, ":reasons": {"S": json.dumps(reasons)}, **names},
            f"progress IN ({', '.join(names)})",
        )

    def claim(self, application: Application) -> bool:
        """Take a store's id for an application: False when another application has it."""
        item = {
            "application_id": {"S": _claim_of(application)},
            "claimed_by": {"S": application.id},
        }
        with aws_errors("PutItem"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(application_id)"
                    " OR claimed_by = :mine",
                    ExpressionAttributeValues={":mine": {"S": application.id}},
                )
            except ClientError as error:
                if error_code(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True

    def has_claim(self, application: Application) -> bool:
        """Whether a store's id is this application's: then the store is what it has made."""
        with aws_errors("GetItem"):
            reply = self._client.get_item(
                TableName=self._table,
                Key={"application_id": {"S": _claim_of(application)}},
                ConsistentRead=True,
            )
        return bool(reply.get("Item", {}).get("claimed_by", {}).get("S") == application.id)

    def release(self, application: Application) -> None:
        """Give a store's id back."""
        with aws_errors("DeleteItem"):
            self._client.delete_item(
                TableName=self._table, Key={"application_id": {"S": _claim_of(application)}}
            )

    def keep_menu(self, application_id: str, digest: str) -> None:
        """Keep which menu was checked."""
        values = {":digest": {"S": digest}}
        condition = "attribute_exists(application_id)"
        self._change(application_id, "SET menu_digest = :digest", values, condition)

    def keep_form(self, application_id: str, form: Form | None) -> None:
        """Keep what the form says; None forgets it."""
        if form is None:
            self._change(application_id, "REMOVE form", {}, "attribute_exists(application_id)")
            return
        values = {":form": {"S": json.dumps(asdict(form))}}
        self._change(application_id, "SET form = :form", values, "attribute_exists(application_id)")

    def _change(
        self, application_id: str, update: str, values: dict[str, Any], condition: str
    ) -> bool:
        request: dict[str, Any] = {
            "TableName": self._table,
            "Key": {"application_id": {"S": application_id}},
            "UpdateExpression": update,
            "ConditionExpression": condition,
        }
        if values:
            request["ExpressionAttributeValues"] = values
        with aws_errors("UpdateItem"):
            try:
                self._client.update_item(**request)
            except ClientError as error:
                if error_code(error) == "ConditionalCheckFailedException":
                    return False
                raise
        return True


def _claim_of(application: Application) -> str:
    return f"store#{application.store_id}"


def _application(item: dict[str, Any]) -> Application:
    known = json.loads(item["form"]["S"]) if "form" in item else None
    return Application(
        id=item["application_id"]["S"],
        merchant=item["merchant"]["S"],
        email=item["email"]["S"],
        store_id=item["store_id"]["S"],
        progress=Progress(item["progress"]["S"]),
        reasons=tuple(json.loads(item["reasons"]["S"])),
        created_ms=int(item["created_ms"]["N"]),
        form=None if known is None else Form(**known),
        menu_digest=item.get("menu_digest", {}).get("S", ""),
    )
