"""Backups, point-in-time recovery, and tables made of them."""
