"""What is told of a variant of a design, part by part: effects, groups, curves, checks."""
