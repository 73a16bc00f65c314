"""Break glass: somebody may look into a queue of dead letters, as somebody else agreed.

requests.py   what is asked, and what becomes of it
steps.py      the workflow's functions: ask a second person, open, close
use.py        reading through it: a session of a role that may read this queue until that minute
letters.py    whose a letter is: those of the request's store are shown
endings.py    its end: at its minute, or at once on a security finding
routes.py     the operator's side, signed calls only
"""
