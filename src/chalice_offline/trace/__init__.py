"""Stories out of the journal.

tree    which entries belong to a story, and how they hang together
story   one entry in words
"""

from chalice_offline.trace.story import describe
from chalice_offline.trace.tree import Trace

__all__ = ["Trace", "describe"]
