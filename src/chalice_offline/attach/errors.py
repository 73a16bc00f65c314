"""The failure that is the endpoint's, not the project's."""

from __future__ import annotations


class EndpointError(Exception):
    """The AWS endpoint cannot be used (any more). The text is one sentence for the user."""
