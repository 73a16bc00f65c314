"""One module per point of sale: a canonical order becomes a ticket."""
