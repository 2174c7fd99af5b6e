"""Cities: which city a code or a name means, and how cities became others."""
