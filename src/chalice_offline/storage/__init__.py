"""Where the journal is kept."""

from chalice_offline.storage.memory import MemoryJournal

__all__ = ["MemoryJournal"]
