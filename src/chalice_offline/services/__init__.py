"""The AWS services emulated here, one folder each, blind to one another."""
