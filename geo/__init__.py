"""Where: grids, boundaries, exact cell coverage and inequality; light arrives as arrays."""
