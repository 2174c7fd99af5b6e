"""Instruments: lagged treatments, several at once, shift-share; how strong, how valid, how sure."""
