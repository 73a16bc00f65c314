"""The kernel's own vocabulary: time, ids, timers, calls, journal. Standard library only."""
