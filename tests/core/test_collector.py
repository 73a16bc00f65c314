"""Python's garbage collector rests while our modules are imported, and works after."""

from __future__ import annotations

import gc

import pytest

from chalice_offline.core.collector import at_rest


def test_the_collector_rests_for_a_while() -> None:
    """It is on again after, whatever happened."""
    assert gc.isenabled()
    with pytest.raises(LookupError), at_rest():
        assert not gc.isenabled()
        raise LookupError
    assert gc.isenabled()


def test_a_collector_that_is_off_stays_off() -> None:
    """Who switched it off has reasons."""
    gc.disable()
    try:
        with at_rest():
            assert not gc.isenabled()
        assert not gc.isenabled()
    finally:
        gc.enable()
