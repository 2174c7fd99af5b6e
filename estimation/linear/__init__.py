"""Linear two-way fixed effects, the yardstick beside every variant that learns."""
