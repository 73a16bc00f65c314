"""Uploads by HTML form (POST Object): where the key stands in the form.

Amazon S3 API reference, "POST Object": `${filename}` in the key stands for the file's name.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from chalice_offline.core.http import HttpRequest

_KEY = re.compile(rb'(?i:; *name)="?key"?[^\r\n]*(?:\r\n[^\r\n]+)*\r\n\r\n(.*?)\r\n--', re.DOTALL)


def is_form_upload(request: HttpRequest) -> bool:
    """Whether the request is a form upload to a bucket."""
    content_type = request.headers.get("content-type") or ""
    return request.method == "POST" and content_type.startswith("multipart/form-data")


def object_key(request: HttpRequest) -> str:
    """Return the key of a form upload as it is stored; "" when the form has none."""
    found = _KEY.search(request.body) if is_form_upload(request) else None
    return found[1].decode() if found else ""
