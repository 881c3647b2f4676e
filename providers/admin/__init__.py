"""What the gateway keeps, in the admin: to be looked at. It is changed on the operators' own pages, which check what
they are given and tell the processes of it."""

from providers.admin import calls, endpoints, money, usage

__all__ = ["calls", "endpoints", "money", "usage"]
