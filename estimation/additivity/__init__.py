"""Whether a composite says more than its parts: super-additivity."""
