"""Couriers for orders of our own shop."""
