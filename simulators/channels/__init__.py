"""Delivery partners as they document themselves: customers order there, our app answers."""
