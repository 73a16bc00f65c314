"""AWS's regions, as their names are made: an area, a direction and a number."""

from __future__ import annotations

import re
from functools import lru_cache

# General reference, "AWS service endpoints". New regions keep to the pattern.
_REGION = re.compile(
    r"(?:us|us-gov|us-iso[a-f]?|af|ap|ca|cn|eu|eu-isoe|eusc-de|il|me|mx|sa)-"
    r"(?:central|north|south|east|west|northeast|southeast|northwest)-\d"
)
_NONE = frozenset({"eu-east-1", "us-north-1", "us-south-1"})


@lru_cache(maxsize=256)
def is_region(name: str) -> bool:
    """Whether a name is one of a region."""
    return _REGION.fullmatch(name) is not None and name not in _NONE
