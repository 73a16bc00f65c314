"""Runs AWS Chalice apps whole, on one machine. Start at `cli`, `testing` or `emulator`."""
