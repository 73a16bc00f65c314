"""A collection in memory against a plain dict that is sorted each time."""

from __future__ import annotations

import random

import pytest

from chalice_offline.storage.memory_collection import MemoryCollection

KEYS = 9_000  # more than a few runs of keys


def _key(chance: random.Random) -> bytes:
    return chance.randrange(KEYS).to_bytes(2)


@pytest.mark.parametrize("seed", range(4))
def test_it_holds_what_a_sorted_dict_would(seed: int) -> None:
    """After any puts and deletions, every range in both directions is that of the model."""
    chance = random.Random(seed)
    collection, model = MemoryCollection(), dict[bytes, bytes]()
    for phase in (0.9, 0.2, 0.6, 0.0):  # how many of the changes are puts
        for _ in range(6_000):
            key = _key(chance)
            if chance.random() < phase:
                collection.put(key, b"%d" % chance.randrange(99))
                model[key] = collection.get(key) or b""
            else:
                collection.delete(key)
                model.pop(key, None)
        assert len(collection) == len(model)
        for _ in range(30):
            start = chance.choice([b"", _key(chance)])
            end = chance.choice([None, _key(chance)])
            wanted = [
                (key, value)
                for key, value in sorted(model.items())
                if start <= key and (end is None or key < end)
            ]
            assert list(collection.items(start, end)) == wanted
            assert list(collection.items(start, end, reverse=True)) == wanted[::-1]
        assert list(collection.items()) == sorted(model.items())
    assert not list(collection.items(reverse=True)) or model


@pytest.mark.parametrize("reverse", [False, True])
def test_what_is_written_meanwhile_moves_nothing_that_is_read(reverse: bool) -> None:
    """A reader meets each key that stays once, in order, whatever else comes and goes."""
    chance = random.Random(7)
    collection = MemoryCollection()
    staying = [number.to_bytes(2) + b"stays" for number in range(3_000)]
    for key in chance.sample(staying, len(staying)):
        collection.put(key, b"1")
    met = []
    for key, value in collection.items(reverse=reverse):
        assert value in (b"1", b"2")
        met.append(key)
        other = _key(chance)
        collection.put(other, b"2")
        if chance.random() < 0.5:
            collection.delete(_key(chance))
    assert [key for key in met if key.endswith(b"stays")] == staying[:: -1 if reverse else 1]
    assert met == sorted(met, reverse=reverse)
    assert len(met) == len(set(met))


def test_it_is_made_by_the_first_value_and_stays_so_when_it_is_empty() -> None:
    """What was in it once counts, until it is cleared."""
    collection = MemoryCollection()
    assert not collection.is_made
    assert not list(collection.items())
    assert not list(collection.items(reverse=True))
    collection.delete(b"nothing")
    collection.put(b"key", b"")
    collection.delete(b"key")
    assert collection.is_made
    assert len(collection) == 0
    assert not list(collection.items())
    collection.put(b"key", b"")
    assert list(collection.items()) == [(b"key", b"")]
    collection.clear()
    assert not collection.is_made
    assert collection.get(b"key") is None
