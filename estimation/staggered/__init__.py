"""Staggered adoption: a policy that cities take up in different years, and stay with."""
