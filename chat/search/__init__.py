"""Full-text search over a person's conversations: what is asked for, the index in both databases, what is shown."""
