"""The replies that are API Gateway's own.

Source: AWS, "Gateway response types for API Gateway"; types of error as recorded.
"""

from __future__ import annotations

from chalice_offline.services.apigateway.exchange import GatewayFailure


def missing_token() -> GatewayFailure:
    """No such route, or no signature where one is needed."""
    return GatewayFailure(
        "MISSING_AUTHENTICATION_TOKEN",
        "Missing Authentication Token",
        "MissingAuthenticationTokenException",
    )


def forbidden() -> GatewayFailure:
    """No such API, stage or key."""
    return GatewayFailure("INVALID_API_KEY", "Forbidden", "ForbiddenException")


def unauthorized(message: str = "Unauthorized") -> GatewayFailure:
    """The authorizer does not know who that is."""
    return GatewayFailure("UNAUTHORIZED", message, "UnauthorizedException")


def access_denied(message: str) -> GatewayFailure:
    """The authorizer knows, and says no."""
    return GatewayFailure("ACCESS_DENIED", message, "AccessDeniedException")


def authorizer_failed() -> GatewayFailure:
    """The authorizer answered with an error."""
    return GatewayFailure("AUTHORIZER_FAILURE", None, "AuthorizerFailureException")


def authorizer_misconfigured() -> GatewayFailure:
    """The authorizer answered with what is no policy."""
    return GatewayFailure(
        "AUTHORIZER_CONFIGURATION_ERROR", None, "AuthorizerConfigurationException"
    )


def bad_parameters(message: str) -> GatewayFailure:
    """A parameter is missing."""
    return GatewayFailure("BAD_REQUEST_PARAMETERS", message, "BadRequestException")


def bad_body(message: str = "Invalid request body") -> GatewayFailure:
    """The body is not what its model says."""
    return GatewayFailure("BAD_REQUEST_BODY", message, "BadRequestException")


def unsupported_media_type() -> GatewayFailure:
    """No template for this type of content."""
    return GatewayFailure("UNSUPPORTED_MEDIA_TYPE", "Unsupported Media Type", "BadRequestException")


def too_large() -> GatewayFailure:
    """The payload is larger than 10 MB."""
    return GatewayFailure("REQUEST_TOO_LARGE", "Request Too Long", "RequestTooLargeException")


def throttled() -> GatewayFailure:
    """Too many requests a second."""
    return GatewayFailure("THROTTLED", "Too Many Requests", "TooManyRequestsException")


def quota_exceeded() -> GatewayFailure:
    """Too many requests in a day, week or month."""
    return GatewayFailure("QUOTA_EXCEEDED", "Limit Exceeded", "LimitExceededException")


def bad_gateway() -> GatewayFailure:
    """The function failed, or answered with what is no response."""
    return GatewayFailure(
        "DEFAULT_5XX", "Internal server error", "InternalServerErrorException", 502
    )


def internal_error() -> GatewayFailure:
    """The API's own definition cannot work: no integration, a template that fails."""
    return GatewayFailure(
        "API_CONFIGURATION_ERROR", "Internal server error", "InternalServerErrorException", 500
    )


def invalid_endpoint() -> GatewayFailure:
    """The URI of an integration names no host: a stage variable is not set, say (recorded)."""
    failure = internal_error()
    failure.mistake = "Invalid endpoint address"
    return failure


def timed_out() -> GatewayFailure:
    """The integration takes too long."""
    return GatewayFailure(
        "INTEGRATION_TIMEOUT", "Endpoint request timed out", "InternalServerErrorException"
    )


def not_reached() -> GatewayFailure:
    """The integration's endpoint cannot be reached."""
    return GatewayFailure(
        "INTEGRATION_FAILURE", "Internal server error", "InternalServerErrorException"
    )
