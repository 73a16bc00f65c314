"""API Gateway's errors, with AWS's texts."""

from __future__ import annotations

from chalice_offline.core.errors import AwsError


def bad_request(text: str) -> AwsError:
    """A request that cannot be meant as it stands."""
    return AwsError("BadRequestException", text)


def not_found(text: str) -> AwsError:
    """Something that is not there."""
    return AwsError("NotFoundException", text, status=404)


def conflict(text: str) -> AwsError:
    """Something that is in the way."""
    return AwsError("ConflictException", text, status=409)


def invalid_identifier(what: str) -> AwsError:
    """No such thing: "Invalid Method identifier specified"."""
    return not_found(f"Invalid {what} identifier specified")


def no_api(account_id: str, api_id: str) -> AwsError:
    """No API of this id (recorded)."""
    return not_found(f"Invalid API identifier specified {account_id}:{api_id}")
