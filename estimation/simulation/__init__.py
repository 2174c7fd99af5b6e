"""The simulation protocol: estimators on panels whose truth is known, and what follows from it."""
