"""How an e-mail address is written here: one form for what people type in several."""

from __future__ import annotations

import unicodedata


def normal_address(address: str) -> str:
    """Without regard to case or Unicode form: a full-width letter or a decomposed accent makes no second address."""
    return unicodedata.normalize("NFKC", address).strip().lower()
