"""A template's text as a dict: JSON or YAML."""

from __future__ import annotations

import json
from typing import Any

from chalice_offline.services.cloudformation import limits
from chalice_offline.services.cloudformation.errors import format_error
from chalice_offline.services.cloudformation.yaml_text import read_yaml


def read_template(text: str) -> dict[str, Any]:
    """Return what a template says; raises ValidationError when it is neither JSON nor YAML."""
    content = _read_json(text) if text.lstrip().startswith("{") else read_yaml(text)
    if not isinstance(content, dict):
        raise format_error("unsupported structure.")
    return content


def _read_json(text: str) -> Any:
    try:
        content = json.loads(text)
    except json.JSONDecodeError as error:
        try:  # YAML may begin with a brace, too
            return read_yaml(text)
        except Exception:  # noqa: BLE001 - whatever it is: told in the words for JSON
            where = f"(line {error.lineno}, column {error.colno})"
            raise format_error(f"JSON not well-formed. {where}") from error
    except (RecursionError, ValueError) as error:  # or a number of thousands of digits
        raise format_error("JSON not well-formed.") from error
    check_depth(content)
    return content


def check_depth(content: Any) -> None:
    """Refuse what is nested so deeply that no walk over it would end well."""
    level = [content]
    for _ in range(limits.NESTING):
        below: list[Any] = []
        for value in level:
            if isinstance(value, dict):
                below += [item for item in value.values() if isinstance(item, dict | list)]
            elif isinstance(value, list):
                below += [item for item in value if isinstance(item, dict | list)]
        if not below:
            return
        level = below
    raise format_error("its values are nested too deeply")
