"""A multi-sector equilibrium with biased artificial intelligence: Pan, Li and Gu."""
