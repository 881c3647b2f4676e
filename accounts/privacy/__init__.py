"""What is known of people: in which class of data it is, what an export says of it, what an erasure does to it."""
