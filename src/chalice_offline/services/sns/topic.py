"""A topic and what belongs to it."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from chalice_offline.services.sns.audience import Audience
from chalice_offline.services.sns.limits import DEDUPLICATION_WINDOW_MS, MESSAGE_BYTES_DEFAULT

if TYPE_CHECKING:
    from chalice_offline.services.sns.message import Message

# AWS's sequence numbers have 20 digits and grow by more than one.
_SEQUENCE_START = 10**19
_SEQUENCE_STEP = 1_000


@dataclass(slots=True, eq=False)
class Topic:
    """One topic. `attributes` holds what was set explicitly; the rest has defaults.

    `messages` are the publications of the last five minutes by deduplication key (FIFO only),
    `archive` those an ArchivePolicy keeps, both oldest first.
    """

    arn: str
    account_id: str
    region: str
    name: str
    number: int
    policy: str
    attributes: dict[str, str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    data_protection_policy: str = ""
    audience: Audience = field(default_factory=Audience)
    subscriptions_deleted: int = 0
    messages: dict[tuple[str, str], Message] = field(default_factory=dict)
    archive: list[Message] = field(default_factory=list)
    published: int = 0

    @property
    def is_fifo(self) -> bool:
        """Whether this is a FIFO topic."""
        return self.attributes.get("FifoTopic") == "true"

    @property
    def deduplicates_by_content(self) -> bool:
        """Whether the hash of a message serves as its deduplication id."""
        return self.attributes.get("ContentBasedDeduplication") == "true"

    @property
    def maximum_message_bytes(self) -> int:
        """The most bytes a message, or a batch in total, may have."""
        return int(self.attributes.get("MaximumMessageSize", MESSAGE_BYTES_DEFAULT))

    @property
    def signature_version(self) -> str:
        """Return "1" (SHA1withRSA) or "2" (SHA256withRSA)."""
        return self.attributes.get("SignatureVersion", "1")

    def next_sequence_number(self) -> str:
        """Return the next of the growing numbers of a FIFO topic's messages."""
        self.published += 1
        return str(_SEQUENCE_START + self.published * _SEQUENCE_STEP)

    def deduplication_key(self, group_id: str, deduplication_id: str) -> tuple[str, str]:
        """Return what must not repeat within five minutes; its scope is the topic or the group."""
        scoped = self.attributes.get("FifoThroughputScope") == "MessageGroup"
        return (group_id if scoped else "", deduplication_id)

    def original_of(self, key: tuple[str, str], now_ms: int) -> Message | None:
        """Return the message published under the same key in the last five minutes."""
        while self.messages:
            oldest = next(iter(self.messages))
            if self.messages[oldest].published_ms + DEDUPLICATION_WINDOW_MS > now_ms:
                break
            del self.messages[oldest]
        return self.messages.get(key)
