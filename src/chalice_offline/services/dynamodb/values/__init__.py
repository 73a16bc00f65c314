"""Attribute values: numbers, sizes, and how items and keys are stored."""
