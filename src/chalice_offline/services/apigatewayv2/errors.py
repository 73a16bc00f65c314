"""The errors of HTTP and WebSocket APIs, with AWS's texts."""

from __future__ import annotations

from chalice_offline.core.errors import AwsError


def bad_request(text: str) -> AwsError:
    """A request that cannot be meant as it stands."""
    return AwsError("BadRequestException", text)


def invalid_identifier(what: str) -> AwsError:
    """No such thing: "Invalid Route identifier specified"."""
    return AwsError("NotFoundException", f"Invalid {what} identifier specified", status=404)


def no_api(api_id: str) -> AwsError:
    """No API of this id."""
    return AwsError("NotFoundException", f"Invalid API identifier specified {api_id}", status=404)


def conflict(text: str) -> AwsError:
    """Something that is in the way."""
    return AwsError("ConflictException", text, status=409)


def gone() -> AwsError:
    """A connection that has ended, or never was."""
    return AwsError("GoneException", "", status=410)


def payload_too_large() -> AwsError:
    """More than a connection carries at once."""
    return AwsError("PayloadTooLargeException", "", status=413)


def buffer_full() -> AwsError:
    """A client that does not read what it is sent (botocore's model: "client side buffer")."""
    return AwsError("LimitExceededException", "", status=429)
