"""Nuisance functions: learners, folds, tuning, and the pool in which each is fitted once."""
