"""Amazon States Language: pure functions over definitions and JSON values."""
