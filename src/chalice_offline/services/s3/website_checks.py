"""What a website configuration must be, in S3's words."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.core.numerals import whole_number
from chalice_offline.services.s3.errors import invalid_argument, invalid_request, malformed_xml
from chalice_offline.services.s3.limits import ROUTING_RULES

if TYPE_CHECKING:
    from chalice_offline.services.s3.bucket import Bucket
    from chalice_offline.services.s3.state import S3State

_REDIRECTS = range(301, 400)
_ERRORS = range(400, 600)


def check_website(_s3: S3State, _bucket: Bucket, value: dict[str, Any]) -> None:
    """Redirect everything, or name an index document."""
    redirect, index = value.get("RedirectAllRequestsTo"), value.get("IndexDocument")
    if redirect:
        if len(value) > 1:
            raise invalid_argument(
                "RedirectAllRequestsTo cannot be provided in conjunction with other Routing Rules.",
                "RedirectAllRequestsTo",
                "not null",  # recorded
            )
        if "HostName" not in redirect:
            raise malformed_xml()
        _check_web_protocol(redirect.get("Protocol"))
        return
    if not index:
        raise invalid_argument(
            "A value for IndexDocument Suffix must be provided if RedirectAllRequestsTo is empty",
            "IndexDocument",
            "null",
        )
    suffix = index.get("Suffix", "")
    if not suffix or "/" in suffix:
        raise invalid_argument(
            "The IndexDocument Suffix is not well formed", "IndexDocument", suffix
        )
    if "ErrorDocument" in value and not value["ErrorDocument"].get("Key"):
        raise malformed_xml()
    if value.get("RoutingRules") == []:
        raise malformed_xml()
    rules = value.get("RoutingRules", ())
    if len(rules) > ROUTING_RULES:
        raise invalid_request(
            f"{len(rules)} routing rules provided, the number of routing rules in a website "
            f"configuration is limited to {ROUTING_RULES}."
        )
    for rule in rules:
        _check_routing_rule(rule)


def _check_routing_rule(rule: dict[str, Any]) -> None:
    redirect = rule.get("Redirect")
    if not redirect:
        raise malformed_xml()
    if "ReplaceKeyWith" in redirect and "ReplaceKeyPrefixWith" in redirect:
        raise invalid_request("You can only define ReplaceKeyPrefix or ReplaceKey but not both.")
    if "Condition" in rule and not rule["Condition"]:
        raise invalid_request(
            "Condition cannot be empty. To redirect all requests without a condition, the "
            "condition element shouldn't be present."
        )
    _check_web_protocol(redirect.get("Protocol"))
    code = _number(redirect.get("HttpRedirectCode"))
    if code is not None and code not in _REDIRECTS:
        raise invalid_request(
            f"The provided HTTP redirect code ({code}) is not valid. Valid codes are 3XX except "
            "300."
        )
    error = _number(rule.get("Condition", {}).get("HttpErrorCodeReturnedEquals"))
    if error is not None and error not in _ERRORS:
        raise invalid_request(
            f"The provided HTTP error code ({error}) is not valid. Valid codes are 4XX or 5XX."
        )


def _number(text: str | None) -> int | None:
    if not text:
        return None
    number = whole_number(text)
    if number is None:
        raise malformed_xml()
    return number


def _check_web_protocol(protocol: str | None) -> None:
    if protocol not in (None, "http", "https"):
        raise invalid_request(
            "Invalid protocol, protocol can be http or https. If not defined the protocol will be "
            "selected automatically."
        )
