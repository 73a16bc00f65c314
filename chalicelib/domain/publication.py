"""How far a partner is with a store's menu: what it should have, what it has, what is under way.

Every import is a wish with a number of its own, and so is an operator's "again". A wish is settled
when the partner has the menu, or has refused it; the newest alone counts, whatever became of those
before it. A partner that answers later (its webhook says how the upload went) is given time, and
has one upload at a time.
"""

from __future__ import annotations

from dataclasses import asdict, dataclass, replace
from typing import Any

from chalicelib.domain.deadlines import QUIET_MS, backoff_seconds

LONGEST_WAIT_SECONDS = 300
"""Between two tries at a partner that does not answer: they go on until it does."""

LATE_MS = 30 * 60_000
"""So long after a wish people are told that the partner has not got it."""

RESULT_LOST_MS = 45 * 60_000
"""So long after an upload was given up its result may still come: Deliveroo tries its webhook for
30 minutes ("Menu Webhook Callback"), and names no upload in it."""

WISH = ("version", "sequencer", "place", "asked", "asked_ms")
"""What an import writes; everything else is the worker's."""


@dataclass(frozen=True, slots=True)
class Publication:
    """A store's menu at one partner, which calls the store `place`.

    `version` and `sequencer` are those of the menu that it should have, `asked` is the wish's
    number. `done`, `refused` and `late` are the newest wish of which that is true; `sent` is the
    one that the partner was, or is being, sent since `sent_ms`, `part` how many calls of it were
    answered. `at` is the place where that went, `menu_id` the partner's own name of the menu there.
    Until `result_by_ms` the result is waited for of what the partner took at `taken_ms`; `heard` is
    the webhook that told one last. Of `overdue` uploads of older menus the result was given up and
    may come until `overdue_until_ms`. At `again_ms` it is sent anew: what was told is not true for
    ever, and at `stray_ms` another version may still have been on its way.
    """

    store_id: str
    channel: str
    version: str = ""
    sequencer: str = ""
    place: str = ""
    asked: int = 0
    asked_ms: int = 0
    sent: int = 0
    sent_ms: int = 0
    sent_version: str = ""
    at: str = ""
    part: int = 0
    taken_ms: int = 0
    result_by_ms: int = 0
    heard: str = ""
    overdue: int = 0
    overdue_until_ms: int = 0
    stray_ms: int = 0
    done: int = 0
    done_ms: int = 0
    done_version: str = ""
    refused: int = 0
    late: int = 0
    why: str = ""
    menu_id: str = ""
    tries: int = 0
    next_ms: int = 0
    again_ms: int | None = None
    lease_until_ms: int = 0
    revision: int = 0

    @property
    def key(self) -> str:
        """The row's one name."""
        return f"{self.store_id}#{self.channel}"

    @property
    def reference(self) -> str:
        """What the partner is to call the upload of the newest wish."""
        return f"{self.store_id}:{self.asked}"

    @property
    def is_settled(self) -> bool:
        """Say whether the partner has the newest menu, or has refused it."""
        return max(self.done, self.refused) >= self.asked

    @property
    def is_waiting(self) -> bool:
        """Say whether the partner has been sent something and has not said how that went."""
        return self.result_by_ms > 0 and self.is_open and self.at == self.place

    @property
    def is_open(self) -> bool:
        """Say whether nobody knows what became of what was sent last."""
        return self.sent > max(self.done, self.refused)

    def due_ms(self) -> int | None:
        """Return when there is something to do, None when there never is."""
        if not self.version:
            return None
        if self.is_waiting:
            return max(self.result_by_ms, self.lease_until_ms)
        if self.is_settled:
            return self.again_ms
        return max(self.next_ms, self.lease_until_ms)

    def is_owed(self, now_ms: int) -> bool:
        """Say whether the partner has to be sent something now."""
        due_ms = self.due_ms()
        return due_ms is not None and due_ms <= now_ms

    def ask(self, version: str, now_ms: int) -> Publication:
        """Wish that the partner gets a version, perhaps once more."""
        return replace(self, version=version, asked=self.asked + 1, asked_ms=now_ms)

    def begin(self, now_ms: int, lease_ms: int) -> Publication:
        """Take the lease for sending the newest wish."""
        wish = self.ask(self.version, now_ms) if self.is_settled else self
        is_there = wish.at == wish.place
        part = wish.part if is_there and wish.sent == wish.asked and not wish.is_waiting else 0
        is_stray = wish.is_open and is_there and wish.sent_version != wish.version
        if is_stray and wish.is_waiting:
            wish = replace(
                wish,
                overdue=wish.results_overdue(now_ms) + 1,
                overdue_until_ms=now_ms + RESULT_LOST_MS,
            )
        return replace(
            wish,
            sent=wish.asked,
            sent_ms=wish.sent_ms if part else now_ms,
            sent_version=wish.version,
            at=wish.place,
            menu_id=wish.menu_id if is_there else "",
            part=part,
            result_by_ms=0,
            again_ms=None,
            stray_ms=now_ms if is_stray else wish.stray_ms,
            lease_until_ms=now_ms + lease_ms,
        )

    def results_overdue(self, now_ms: int) -> int:
        """Return how many results may still come that nobody waits for any more."""
        return self.overdue if now_ms < self.overdue_until_ms else 0

    def pass_over(self, event_id: str, ask_ms: int) -> Publication:
        """Take a webhook for an older upload's; at `ask_ms` the partner is asked what it has."""
        result_by_ms = min(self.result_by_ms, ask_ms) if self.is_waiting else self.result_by_ms
        return replace(self, overdue=self.overdue - 1, heard=event_id, result_by_ms=result_by_ms)

    def finish(self, asked: int, now_ms: int, version: str, again_ms: int | None) -> Publication:
        """Note that the partner has what a wish asked for; never backwards.

        A call before, whose answer never came, may arrive there after this one, with an older menu.
        So once that cannot be any more, the newest is sent again.
        """
        if asked <= self.done:
            return self
        calm_ms, is_newest = self.stray_ms + QUIET_MS, asked == self.asked
        if is_newest and self.stray_ms and now_ms < calm_ms:
            again_ms = calm_ms if again_ms is None else min(again_ms, calm_ms)
        return replace(
            self,
            done=asked,
            done_ms=now_ms,
            done_version=version,
            part=0,
            tries=0,
            next_ms=0,
            why="",
            again_ms=again_ms,
            stray_ms=0 if is_newest else self.stray_ms,
        )

    def refuse(self, asked: int, why: str) -> Publication:
        """Note that the partner will not have it."""
        fresh = replace(self, refused=max(self.refused, asked), part=0, tries=0, next_ms=0)
        return replace(fresh, why=why[:300])

    def put_off(self, now_ms: int, why: str, retry_after: int | None = None) -> Publication:
        """Note that the partner did not answer, and when it is tried again."""
        wait = backoff_seconds(self.tries + 1, LONGEST_WAIT_SECONDS, retry_after)
        wait_ms = min(wait, LONGEST_WAIT_SECONDS) * 1000
        return replace(self, tries=self.tries + 1, next_ms=now_ms + wait_ms, why=why[:300])

    def drop(self) -> Publication:
        """Have nothing published there any more, until the next wish."""
        return replace(self, version="", lease_until_ms=0)

    def give_back(self) -> Publication:
        """Give the lease back."""
        return replace(self, lease_until_ms=0)

    def is_late(self, now_ms: int) -> bool:
        """Say whether people have to be told that the partner is behind, and were not."""
        is_behind = not self.is_settled and self.late < self.asked
        return is_behind and now_ms - self.asked_ms >= LATE_MS

    def to_dict(self) -> dict[str, Any]:
        """Return a JSON-ready form."""
        return asdict(self)

    @classmethod
    def from_dict(cls, data: dict[str, Any]) -> Publication:
        """Read what `to_dict` wrote, also in a version that knew fewer fields, or more."""
        return cls(**{name: data[name] for name in cls.__dataclass_fields__ if name in data})
