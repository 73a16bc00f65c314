"""API Gateway's REST APIs: what defines them (apigateway) and what serves them (execute-api)."""

from chalice_offline.services.apigateway.operations import services

__all__ = ["services"]
