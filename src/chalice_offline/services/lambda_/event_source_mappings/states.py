"""The life of an event source mapping, as a table.

Everything that takes time has a state of its own. While it lasts the mapping is "in use": whatever
is asked then is refused, and nothing changes.
"""

from __future__ import annotations

from chalice_offline.core.errors import AwsError

CREATING = "Creating"
ENABLING = "Enabling"
ENABLED = "Enabled"
DISABLING = "Disabling"
DISABLED = "Disabled"
UPDATING = "Updating"
DELETING = "Deleting"
GONE = "gone"  # before a mapping is made, and after it is deleted

# What may be asked for, from which state, and the state that it leads to.
BEGIN: dict[str, dict[str, str]] = {
    "create": {GONE: CREATING},
    "create disabled": {GONE: DISABLED},  # there at once (recorded)
    "enable": {DISABLED: ENABLING},
    "disable": {ENABLED: DISABLING},
    "update": {ENABLED: UPDATING, DISABLED: UPDATING},
    "delete": {ENABLED: DELETING, DISABLED: DELETING},
}
# How each state that takes time ends: for a mapping that is to be enabled, and for one that is not.
END: dict[str, tuple[str, str]] = {
    CREATING: (ENABLED, ENABLED),
    ENABLING: (ENABLED, ENABLED),
    DISABLING: (DISABLED, DISABLED),
    UPDATING: (ENABLED, DISABLED),
    DELETING: (GONE, GONE),
}


def begun(state: str, change: str) -> str:
    """Return the state that a change leads to; ResourceInUseException when it may not begin."""
    try:
        return BEGIN[change][state]
    except KeyError:
        verb = "delete" if change == "delete" else "update"
        raise AwsError(
            "ResourceInUseException",
            f"Cannot {verb} the event source mapping because it is in use.",
            fields={"Type": "User"},
        ) from None


def takes_time(state: str) -> bool:
    """Whether a state ends by itself."""
    return state in END


def ended(state: str, *, enabled: bool) -> str:
    """Return the state in which one that takes time ends."""
    return END[state][0 if enabled else 1]
