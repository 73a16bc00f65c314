"""The life of an order after its webhook: to the kitchen, to its end, and its partner's answers."""
