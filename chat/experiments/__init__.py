"""Experiments: which variant a conversation gets, and how the two compare."""
