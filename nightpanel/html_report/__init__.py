"""The offline report: sections made from an output folder, and the one file that holds them."""
