"""What a request asks for: the service, the operation, and who asks from where."""

from __future__ import annotations

from dataclasses import dataclass


@dataclass(frozen=True, slots=True)
class Target:
    """One request's address inside AWS.

    `service` is botocore's service name ("sqs", "events", "stepfunctions"). `operation` is
    the name the caller sent, known to the model or not, and None where neither header, form
    nor path names one. `protocol` is botocore's ("json", "query", "rest-json", "rest-xml").
    `access_key` is empty for an unsigned request. `replies_in_json` is set for a query
    request that accepts JSON: AWS then answers in JSON what it would have said in XML.
    """

    service: str
    operation: str | None
    protocol: str
    access_key: str = ""
    region: str = "us-east-1"
    replies_in_json: bool = False
