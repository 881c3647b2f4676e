"""The prompt library: texts that people keep, with places to be filled in, and how they find them again."""
