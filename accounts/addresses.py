"""How an e-mail address is written here: one form for what people type in several."""

from __future__ import annotations

import unicodedata
from collections.abc import Collection


def normal_address(address: str) -> str:
    """Without regard to case or Unicode form: a full-width letter or a decomposed accent makes no second address."""
    return unicodedata.normalize("NFKC", address).strip().lower()


def is_in_domains(address: str, domains: Collection[str]) -> bool:
    """These are in the form of the DNS. `*.example.org` is all below that, and `example.org` that alone."""
    try:
        domain = normal_address(address).rpartition("@")[2].encode("idna").decode()
    except UnicodeError:
        return False
    return any(domain.endswith(one[1:]) if one.startswith("*.") else domain == one for one in domains)
