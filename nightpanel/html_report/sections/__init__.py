"""The report's sections, each a function from an output folder to a frozen section."""
