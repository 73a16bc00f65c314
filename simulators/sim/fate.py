"""What happens to a call: a number between 0 and 1 out of what the call is.

Not out of how many calls came before: whatever is left out of a plan, the others' fate stays.
"""

from __future__ import annotations

from hashlib import blake2b


def fraction(*what: object) -> float:
    """Return a number in [0, 1) that depends on these words alone."""
    words = "\x1f".join(map(str, what)).encode()
    return int.from_bytes(blake2b(words, digest_size=7).digest()) / (1 << 56)


def chosen(weights: dict[str, int], number: float) -> str:
    """Return the word that a number in [0, 1) falls on."""
    left = number * sum(weights.values())
    for word, weight in weights.items():
        left -= weight
        if left < 0:
            return word
    return next(reversed(weights))
