"""Function URLs: functions behind an address of their own."""
