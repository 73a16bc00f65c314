"""The order middleware: orders come in from delivery partners and reach the point of sale once."""
