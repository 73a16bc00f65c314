"""Orders of our own shop, as a saga: pay, place, send a courier, tell the customer."""
