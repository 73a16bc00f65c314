"""The operations that carry out PartiQL statements."""
