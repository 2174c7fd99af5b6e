"""The map of an output folder: a web page on this machine, and what it asks for."""
