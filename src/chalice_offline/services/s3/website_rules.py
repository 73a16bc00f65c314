"""The routing rules of a website (user guide, "Syntax for specifying redirection rules")."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

if TYPE_CHECKING:
    from collections.abc import Iterable


def redirect_by_rule(
    rules: Iterable[dict[str, Any]], key: str, status: int | None
) -> tuple[dict[str, Any], str] | None:
    """Return the redirect of the first rule that fits, and the key it leads to.

    `status` is None before the document was looked for: rules about errors wait for one.
    """
    for rule in rules:
        condition = rule.get("Condition", {})
        if _fits(condition, key, status):
            redirect = rule["Redirect"]
            return redirect, _new_key(redirect, key, condition.get("KeyPrefixEquals", ""))
    return None


def _fits(condition: dict[str, Any], key: str, status: int | None) -> bool:
    wanted = condition.get("HttpErrorCodeReturnedEquals") or None  # an empty element is none
    if (wanted is None) != (status is None) or (wanted is not None and int(wanted) != status):
        return False
    return key.startswith(condition.get("KeyPrefixEquals", ""))


def _new_key(redirect: dict[str, Any], key: str, prefix: str) -> str:
    if "ReplaceKeyWith" in redirect:
        return str(redirect["ReplaceKeyWith"])
    if "ReplaceKeyPrefixWith" in redirect:
        return f"{redirect['ReplaceKeyPrefixWith']}{key[len(prefix) :]}"
    return key
