"""API Gateway's REST APIs: what defines them, and what serves them."""

from chalice_offline.services.apigateway.operations import service

__all__ = ["service"]
