"""Restaurants' accounts at points of sale: their owners connect them, and we keep them."""
