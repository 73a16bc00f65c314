"""Orders, money and states. Standard library only: no AWS, no vendor, no clock."""
