"""IANA time zones by name, and the way between wall time and epoch milliseconds."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta, tzinfo
from zoneinfo import ZoneInfo

from chalice_offline.schedules.errors import UnknownTimezoneError

_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)
_MILLISECOND = timedelta(milliseconds=1)


def timezone_named(name: str) -> tzinfo:
    """Return the zone called `name`; UnknownTimezoneError when the IANA database has none."""
    if name == "UTC":  # known without a database
        return UTC
    try:
        return ZoneInfo(name)
    except (KeyError, ValueError, OSError) as error:  # not found, no key at all, a directory
        message = f"{name!r} is not an IANA time zone"
        raise UnknownTimezoneError(message) from error


def wall_time(instant_ms: int, zone: tzinfo) -> datetime:
    """Return what the clocks of `zone` show at `instant_ms`, without a zone of its own."""
    return (_EPOCH + timedelta(milliseconds=instant_ms)).astimezone(zone).replace(tzinfo=None)


def instant_of(wall: datetime, zone: tzinfo) -> int | None:
    """Return the first instant at which the clocks of `zone` show `wall`.

    None when they never do, because they were put forward over it. When they are put back and
    show it twice, it counts once: Scheduler runs a repeated hour only the first time
    (docs.aws.amazon.com/scheduler, "Daylight savings time").
    """
    aware = wall.replace(tzinfo=zone, fold=0).astimezone(UTC)
    if aware.astimezone(zone).replace(tzinfo=None) != wall:
        return None
    return (aware - _EPOCH) // _MILLISECOND
