"""Velocity templates, as far as API Gateway's mapping templates use them."""

from chalice_offline.services.common.velocity.rendering import render
from chalice_offline.services.common.velocity.syntax import TemplateError
from chalice_offline.services.common.velocity.values import JsonList, Tool

__all__ = ["JsonList", "TemplateError", "Tool", "render"]
