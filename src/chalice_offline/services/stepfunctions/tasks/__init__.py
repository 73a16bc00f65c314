"""Tasks: what the Resource of a Task state does."""
