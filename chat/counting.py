"""What an answer is expected to use, before it is asked for; what it did use is known at its end."""

from __future__ import annotations

# English has about four bytes to a token, Vietnamese and Chinese three.
BYTES_PER_TOKEN = 4
# Room for an answer of some paragraphs, so that several at once don't all begin in the last free token.
ANSWER_TOKENS = 500


def expected_tokens(question: str) -> int:
    """A guess from the question alone: what else the model is given is not yet known."""
    return len(question.encode()) // BYTES_PER_TOKEN + ANSWER_TOKENS
