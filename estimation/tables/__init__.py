"""Results as tables: tidy ones, and those that a study asks for."""
