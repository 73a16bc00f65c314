"""Which storage class lifecycle rules have moved a version to by now."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from chalice_offline.services.s3.http_dates import midnight_in_days
from chalice_offline.services.s3.lifecycle_dates import Rule, applies_to, filter_of
from chalice_offline.services.s3.object_version import STANDARD

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from chalice_offline.services.s3.object_version import ObjectVersion

# User guide, "Transitioning objects using Amazon S3 Lifecycle": a waterfall, down which only rules
# move objects; where several would, the lowest counts ("Managing the lifecycle of objects").
_WATERFALL = (
    STANDARD, "STANDARD_IA", "INTELLIGENT_TIERING", "ONEZONE_IA", "GLACIER_IR", "GLACIER",
    "DEEP_ARCHIVE",
)  # fmt: skip
_RANKS = {name: rank for rank, name in enumerate(_WATERFALL)}
_NOT_SUPPORTED = {("ONEZONE_IA", "GLACIER_IR")}
# PutBucketLifecycleConfiguration, TransitionDefaultMinimumObjectSize.
_SMALLEST_BYTES = 128 * 1024
_TAKES_SMALL_ONES = ("GLACIER", "DEEP_ARCHIVE")
VARIES = "varies_by_storage_class"


def transition_of(
    rules: Iterable[Rule],
    version: ObjectVersion,
    superseded: tuple[int, int] | None,
    now_ms: int,
    smallest: str,
) -> tuple[Rule, str] | None:
    """Return the rule that moves a version now, and where to; None when none does.

    `superseded` is for a noncurrent version: when it became that, and how many newer ones are
    noncurrent, too. `smallest` is the bucket's TransitionDefaultMinimumObjectSize.
    """
    member = "Transitions" if superseded is None else "NoncurrentVersionTransitions"
    since_ms, newer = superseded or (version.modified_ms, 0)
    lowest = _RANKS.get(version.storage_class, 0)
    found: tuple[Rule, str] | None = None
    for rule in rules:
        transitions = rule.get(member) or ()
        if not transitions or not applies_to(rule, version):
            continue
        for transition in transitions:
            wanted = transition["StorageClass"]
            if (
                _RANKS[wanted] > lowest
                and (version.storage_class, wanted) not in _NOT_SUPPORTED
                and _due_ms(transition, since_ms) <= now_ms
                and newer >= transition.get("NewerNoncurrentVersions", 0)
                and _is_large_enough(rule, version, wanted, smallest)
            ):
                found, lowest = (rule, wanted), _RANKS[wanted]
    return found


def _due_ms(transition: Mapping[str, Any], since_ms: int) -> int:
    if "Date" in transition:
        return int(transition["Date"] * 1000)
    days = transition.get("Days", transition.get("NoncurrentDays", 0))
    return midnight_in_days(since_ms, days)


def _is_large_enough(
    rule: Mapping[str, Any], version: ObjectVersion, wanted: str, smallest: str
) -> bool:
    """Whether a version may be moved: a size in the rule's filter counts before the default."""
    own = filter_of(rule)
    if "ObjectSizeGreaterThan" in own or "ObjectSizeLessThan" in own:
        return True
    if smallest == VARIES and wanted in _TAKES_SMALL_ONES:
        return True
    return version.size >= _SMALLEST_BYTES
