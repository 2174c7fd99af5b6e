"""Nuisance functions: each distinct one is fitted once and shared by all designs."""
