"""One module per delivery partner: what it sends in, and how it is answered."""
