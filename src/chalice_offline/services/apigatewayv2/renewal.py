"""A reset of API Gateway's HTTP and WebSocket APIs; requests under way come to their end."""

from __future__ import annotations

from chalice_offline.services.apigatewayv2.state import ApiGatewayV2State

_GOING_AWAY = 1001  # RFC 6455, 7.4.1


def renewed(apis: ApiGatewayV2State) -> ApiGatewayV2State:
    """Return the service without APIs. Who is connected is told; no $disconnect route runs."""
    for connection in list(apis.connections.values()):
        connection.ended = None
        connection.close(_GOING_AWAY, "Going away")
    return ApiGatewayV2State(apis.kernel)
