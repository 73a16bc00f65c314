"""Random requests to the emulated services: what they are made of, what must hold after."""
