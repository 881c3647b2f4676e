"""Sharing: what a link shows, what its owner may choose, and the list of a person's links."""
