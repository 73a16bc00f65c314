"""Where the journal is kept, and what services store."""

from chalice_offline.storage.database_file import examine
from chalice_offline.storage.memory import MemoryJournal
from chalice_offline.storage.sqlite import SqliteStorage
from chalice_offline.storage.temporary import TemporaryFolder, sweep

__all__ = ["MemoryJournal", "SqliteStorage", "TemporaryFolder", "examine", "sweep"]
