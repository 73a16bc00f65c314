r"""The `wildcard` operator: `*` stands for any characters, `\*` and `\\` for themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable

# A cap on the search below. Patterns that need more are far beyond any limit in practice.
_STATES_EXAMINED = 1000

_ASTERISK = ord("*")
_BACKSLASH = ord("\\")


class WildcardError(ValueError):
    """A wildcard expression that AWS refuses; the text is AWS's."""


def split_wildcard(text: str) -> list[str]:
    """The literal pieces between the asterisks, unescaped.

    Raises `WildcardError` with the position of the fault, counted in UTF-8 bytes and with the
    opening quote of the JSON string as position 0, as aws/event-ruler counts (recorded).
    """
    quoted = f'"{text}"'.encode(errors="surrogatepass")
    pieces = [bytearray()]
    position = 1
    while position < len(quoted) - 1:
        byte, following = quoted[position], quoted[position + 1]
        if byte == _ASTERISK:
            if following == _ASTERISK:
                raise WildcardError(f"Consecutive wildcard characters at pos {position}")
            pieces.append(bytearray())
        elif byte == _BACKSLASH:
            if following not in (_ASTERISK, _BACKSLASH):
                raise WildcardError(f"Invalid escape character at pos {position}")
            pieces[-1].append(following)
            position += 1
        else:
            pieces[-1].append(byte)
        position += 1
    return [piece.decode(errors="surrogatepass") for piece in pieces]


def wildcard_test(pieces: list[str]) -> Callable[[str], bool]:
    """A test of a string against the pieces; linear, it never backtracks."""
    if len(pieces) == 1:
        return pieces[0].__eq__
    first, *middle, last = pieces
    shortest = len(first) + len(last)

    def test(value: str) -> bool:
        if len(value) < shortest or not (value.startswith(first) and value.endswith(last)):
            return False
        position, end = len(first), len(value) - len(last)
        for piece in middle:
            found = value.find(piece, position, end)
            if found < 0:
                return False
            position = found + len(piece)
        return True

    return test


def wildcard_complexity(pieces: list[str]) -> int:
    """How many prefixes of the expression one string can match at once, in the worst case.

    This is aws/event-ruler's measure of a rule's complexity (`MachineComplexityEvaluator`): the
    number of states that its automaton can be in at the same time. Here each bit of a number is
    one state, "so many symbols of the expression are matched", and all reachable combinations
    are visited.
    """
    symbols: list[str | None] = ['"']
    for index, piece in enumerate(pieces):
        symbols += [None, *piece] if index else [*piece]
    symbols.append('"')
    before_star = sum(1 << at for at, symbol in enumerate(symbols) if symbol is None)
    steps: dict[str, int] = {}
    for at, symbol in enumerate(symbols):
        if symbol is not None:
            steps[symbol] = steps.get(symbol, 0) | 1 << at
    # The entry 0 is any character that the expression does not contain.
    masks = [*steps.values(), 0]
    waiting, seen, worst = [1], {1}, 0
    while waiting and len(seen) < _STATES_EXAMINED:
        state = waiting.pop()
        for mask in masks:
            reached = (state & mask) << 1 | state & (before_star << 1)
            reached |= (reached & before_star) << 1  # a star also matches nothing
            if reached and reached not in seen:
                seen.add(reached)
                waiting.append(reached)
                worst = max(worst, reached.bit_count())
    return worst
