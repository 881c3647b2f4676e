"""What the keys of services begin with, and how they go on at least."""

PREFIXED_KEYS = r"""
    sk-[A-Za-z0-9_-]{16,}                                       # OpenAI, Anthropic, OpenRouter, DeepSeek
    | (?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{16,}                   # Stripe
    | (?:gsk|hf|r8|npm|gh[opusr]|github_pat)_[A-Za-z0-9_]{16,}      # Groq, Hugging Face, Replicate, npm, GitHub
    | (?:xai|pplx|glpat|xox[abeoprs])-[A-Za-z0-9_-]{16,}            # xAI, Perplexity, GitLab, Slack
    | AIza[A-Za-z0-9_-]{30,}                                        # Google
    | (?:AKIA|ASIA|ABSK)[A-Za-z0-9+/=]{16,}                         # AWS
"""
