"""Checks on what people ask, what models answer, and what both are given to read."""
