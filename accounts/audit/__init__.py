"""The audit log's chain of hashes, and how it is checked and read."""
