"""Causal designs over a city panel."""
