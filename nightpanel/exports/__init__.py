"""Exports: tables of an output folder in the formats that other programs read, a file for each."""
