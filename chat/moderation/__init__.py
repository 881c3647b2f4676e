"""What moderators see: their queue, and transcripts; and what people see of what was decided about them."""
