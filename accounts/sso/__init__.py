"""Signing in through identity providers: OpenID Connect, GitHub and SAML, on allauth."""
