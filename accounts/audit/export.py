"""The audit log for those who keep it elsewhere."""

from __future__ import annotations

from collections.abc import Iterator

import orjson

from accounts.audit.chain import HASHED, READ_AT_ONCE
from accounts.models import AuditEntry


def json_lines() -> Iterator[bytes]:
    """Each entry's facts with its hash, and from where it came as long as its person has an account; in the order in
    which they were written."""
    entries = AuditEntry.objects.select_related("origin").order_by("number")
    for entry in entries.iterator(READ_AT_ONCE):
        origin = getattr(entry, "origin", None)
        facts: dict[str, object] = {name: getattr(entry, name) for name in (*HASHED, "key_id", "hash")}
        facts |= {"address": origin.address, "browser": origin.browser} if origin else {}
        yield orjson.dumps(facts, option=orjson.OPT_UTC_Z)
