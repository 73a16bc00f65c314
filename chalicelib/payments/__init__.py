"""Payment providers for orders of our own shop."""
