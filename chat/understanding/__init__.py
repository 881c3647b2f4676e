"""What a person's message means, by rules alone: pure functions of what was said, quick enough for every question."""
