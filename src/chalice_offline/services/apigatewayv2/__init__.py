"""API Gateway's HTTP and WebSocket APIs: what defines them, and what serves them."""

from chalice_offline.services.apigatewayv2.operations import service

__all__ = ["service"]
