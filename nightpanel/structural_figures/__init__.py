"""Figures of the structural model, one a function, after those of Pan, Li and Gu."""
