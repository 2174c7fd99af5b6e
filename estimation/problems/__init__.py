"""From a sample in levels to what cross-fitting sees."""
