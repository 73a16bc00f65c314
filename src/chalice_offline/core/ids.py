"""Every random-looking value the emulator gives out, from one seed."""

from __future__ import annotations

import base64
import random
import string

_UPPER_ALPHANUMERIC = string.ascii_uppercase + string.digits

# A hexadecimal digit whose two highest bits say variant 2 (RFC 9562, section 4.1), by any digit.
_VARIANT_2 = {f"{digit:x}": f"{digit & 3 | 8:x}" for digit in range(16)}


class Ids:
    """A seeded source of ids: the same seed and the same calls give the same ids."""

    def __init__(self, seed: int) -> None:
        self._random = random.Random(seed)

    def uuid(self) -> str:
        """Return a version 4 UUID in its usual spelling."""
        text = self._random.randbytes(16).hex()
        variant = _VARIANT_2[text[16]]
        return f"{text[:8]}-{text[8:12]}-4{text[13:16]}-{variant}{text[17:20]}-{text[20:]}"

    def hex(self, digits: int) -> str:
        """Return `digits` lower-case hexadecimal digits."""
        return f"{self._random.getrandbits(4 * digits):0{digits}x}"

    def base64(self, byte_count: int) -> str:
        """Return `byte_count` random bytes in base64."""
        return base64.b64encode(self._random.randbytes(byte_count)).decode()

    def alphanumeric(self, length: int) -> str:
        """Return `length` capital letters and digits, as in access keys and request ids."""
        return "".join(self._random.choices(_UPPER_ALPHANUMERIC, k=length))

    def integer(self, low: int, high: int) -> int:
        """Return an integer between `low` and `high`, both included."""
        return self._random.randint(low, high)

    def fraction(self) -> float:
        """Return a number in [0, 1), for jitter."""
        return self._random.random()
