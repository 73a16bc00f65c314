"""Velocity templates, as far as API Gateway's mapping templates use them."""

from chalice_offline.services.apigateway.velocity.rendering import render
from chalice_offline.services.apigateway.velocity.syntax import TemplateError
from chalice_offline.services.apigateway.velocity.values import JsonList, Tool

__all__ = ["JsonList", "TemplateError", "Tool", "render"]
