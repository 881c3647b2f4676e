"""The named things of a conversation and how they belong together: what is known, and what a model says."""
