"""What the keys of services begin with, and how they go on at least."""

PREFIXED_KEYS = r"""
    sk-[A-Za-z0-9_-]{16,}                                       # OpenAI, Anthropic, OpenRouter, DeepSeek
    | (?:sk|pk|rk)_(?:live|test)_[A-Za-z0-9]{16,}                   # Stripe
    | (?:gsk|hf|r8|npm|gh[opusr]|github_pat)_[A-Za-z0-9_]{16,}      # Groq, Hugging Face, Replicate, npm, GitHub
    | (?:dop_v1|shp(?:at|ca|pa|ss)|whsec)_[A-Za-z0-9_]{16,}         # DigitalOcean, Shopify, webhooks of Stripe
    | (?:xai|pplx|glpat|xox[abeoprs])-[A-Za-z0-9_-]{16,}            # xAI, Perplexity, GitLab, Slack
    | AIza[A-Za-z0-9_-]{30,}                                        # Google
    | GOCSPX-[A-Za-z0-9_-]{16,}                                     # Google, of OAuth clients
    | SG\.[A-Za-z0-9_-]{16,22}\.[A-Za-z0-9_-]{10,}                  # SendGrid
    | (?:AKIA|ASIA|ABSK)[A-Za-z0-9+/=]{16,}                         # AWS
"""
