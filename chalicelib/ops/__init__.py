"""For operators: dead letters and why, redrive, replay, the story of an order."""
