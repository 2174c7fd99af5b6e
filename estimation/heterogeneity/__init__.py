"""Effects that differ: by group, along a variable, with cities' characteristics, by a moderator."""
