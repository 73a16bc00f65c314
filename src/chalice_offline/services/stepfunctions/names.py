"""Names of state machines, executions and activities."""

from __future__ import annotations

from chalice_offline.services.stepfunctions import limits
from chalice_offline.services.stepfunctions.errors import invalid_name

# API reference, CreateStateMachine, name: what it must not contain.
_FORBIDDEN = frozenset(' \t\n\r<>{}[]?*"#%\\^|~`$&,;:/')


def check_name(name: str) -> None:
    """Refuse a name with characters that AWS does not take."""
    wrong = any(character in _FORBIDDEN or _is_control(character) for character in name)
    if wrong or not name or len(name) > limits.NAME_MAX:
        raise invalid_name(name)


def _is_control(character: str) -> bool:
    return ord(character) < 0x20 or 0x7F <= ord(character) <= 0x9F
