"""DynamoDB: questions that wait for a person, with the token that the answer is sent with."""

from __future__ import annotations

import json
from dataclasses import dataclass, field
from typing import Any

from botocore.exceptions import ClientError

from chalicelib.adapters.errors import aws_errors, error_code

KEEP_SECONDS = 30 * 86_400
"""How long a question is kept after its end, for whoever asks who decided."""


@dataclass(frozen=True, slots=True)
class Question:
    """What is asked. `answer` is {} until somebody has decided; `is_told`: the workflow knows."""

    id: str
    kind: str
    subject: str
    text: dict[str, str]
    files: dict[str, str]
    ends_s: int
    task_token: str = field(repr=False)
    answer: dict[str, str] = field(default_factory=dict)
    is_told: bool = False


class ApprovalTable:
    """Questions by id."""

    def __init__(self, client: Any, table: str) -> None:
        self._client = client
        self._table = table

    def ask(self, question: Question) -> None:
        """Write a question down; one that is there already stays as it is."""
        item = {
            "question_id": {"S": question.id},
            "kind": {"S": question.kind},
            "subject": {"S": question.subject},
            "text": {"S": json.dumps(question.text)},
            "files": {"S": json.dumps(question.files)},
            "ends_s": {"N": str(question.ends_s)},
            "task_token": {"S": question.task_token},
            "expires_at": {"N": str(question.ends_s + KEEP_SECONDS)},
        }
        with aws_errors("PutItem"):
            try:
                self._client.put_item(
                    TableName=self._table,
                    Item=item,
                    ConditionExpression="attribute_not_exists(question_id)",
                )
            except ClientError as error:
                if not _is_condition(error):
                    raise

    def get(self, question_id: str) -> Question | None:
        """Return a question."""
        with aws_errors("GetItem"):
            reply = self._client.get_item(
                TableName=self._table, Key={"question_id": {"S": question_id}}, ConsistentRead=True
            )
        return _question(reply["Item"]) if "Item" in reply else None

    def decide(self, question_id: str, answer: dict[str, str]) -> bool:
        """Write the answer down: False when somebody else was first."""
        return self._change(
            question_id,
            "SET answer = :answer",
            "attribute_exists(question_id) AND attribute_not_exists(answer)",
            {":answer": {"S": json.dumps(answer)}},
        )

    def note_told(self, question_id: str) -> None:
        """The workflow knows the answer, or does not wait for it any more."""
        self._change(
            question_id,
            "SET is_told = :yes REMOVE task_token",
            "attribute_exists(question_id)",
            {":yes": {"BOOL": True}},
        )

    def _change(
        self, question_id: str, update: str, condition: str, values: dict[str, Any]
    ) -> bool:
        with aws_errors("UpdateItem"):
            try:
                self._client.update_item(
                    TableName=self._table,
                    Key={"question_id": {"S": question_id}},
                    UpdateExpression=update,
                    ConditionExpression=condition,
                    ExpressionAttributeValues=values,
                )
            except ClientError as error:
                if _is_condition(error):
                    return False
                raise
        return True


def _is_condition(error: ClientError) -> bool:
    return error_code(error) == "ConditionalCheckFailedException"


def _question(item: dict[str, Any]) -> Question:
    return Question(
        id=item["question_id"]["S"],
        kind=item["kind"]["S"],
        subject=item["subject"]["S"],
        text=json.loads(item["text"]["S"]),
        files=json.loads(item["files"]["S"]),
        ends_s=int(item["ends_s"]["N"]),
        task_token=item.get("task_token", {}).get("S", ""),
        answer=json.loads(item["answer"]["S"]) if "answer" in item else {},
        is_told=item.get("is_told", {}).get("BOOL", False),
    )
