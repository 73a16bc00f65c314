"""Stories out of the journal.

tree    which entries belong to a story, and how they hang together
story   one entry in words
masking what must not be shown
"""

from chalice_offline.trace.masking import mask
from chalice_offline.trace.story import describe
from chalice_offline.trace.tree import Trace

__all__ = ["Trace", "describe", "mask"]
