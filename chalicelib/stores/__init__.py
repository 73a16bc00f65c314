"""Stores: their menus, whether their point of sale is up, whether partners may send orders."""
