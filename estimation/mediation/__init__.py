"""Mediation: how much of an effect goes through other variables, and how well that is known."""
