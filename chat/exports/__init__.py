"""Conversations as files: the formats, the names of files, and the archive of all that a person has."""
