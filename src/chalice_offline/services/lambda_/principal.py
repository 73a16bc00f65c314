"""The name under which Lambda calls other services."""

from __future__ import annotations

PRINCIPAL = "lambda.amazonaws.com"
