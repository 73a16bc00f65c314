"""A reset of API Gateway: requests that are being answered come to their end."""

from __future__ import annotations

from chalice_offline.services.apigateway.state import ApiGatewayState


def renewed(gateway: ApiGatewayState) -> ApiGatewayState:
    """Return API Gateway without APIs."""
    return ApiGatewayState(gateway.kernel)
