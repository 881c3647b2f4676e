"""What is looked for in text on its way in and out: attacks on the model, and what should not be passed on."""
