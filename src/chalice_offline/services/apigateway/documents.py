"""OpenAPI documents that must be one."""

from __future__ import annotations

from typing import Any

from chalice_offline.services.apigateway.errors import bad_request
from chalice_offline.services.common.api_documents import document_of


def read_document(body: bytes, refusal: str) -> dict[str, Any]:
    """Return the object a document holds; `refusal` is said of one that holds none."""
    document = document_of(body)
    if document is None:
        raise bad_request(refusal)
    return document
