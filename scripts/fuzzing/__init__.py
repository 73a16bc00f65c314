"""Random requests against the emulated services: what they are made of, and what must hold after."""
