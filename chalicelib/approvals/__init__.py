"""Questions that a person answers by a link: signed, for a while, once."""
