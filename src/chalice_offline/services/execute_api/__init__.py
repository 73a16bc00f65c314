"""execute-api: requests to the APIs that users built, whichever service made them."""

from chalice_offline.services.execute_api.operations import service

__all__ = ["service"]
