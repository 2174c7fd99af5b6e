"""Which rows of a panel a design uses."""
