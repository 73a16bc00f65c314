"""Points of sale as their vendors document them, with printers and faults."""
