"""Each entry's hash is taken over the entry and the hash before it, with a key of the site: who can write to the
database and has no key can't make a chain that holds."""

from __future__ import annotations

import hashlib
import hmac
from collections.abc import Iterator
from dataclasses import dataclass

import orjson
from django.db.models import Subquery

from accounts.models import AuditEntry, AuditHead
from convoscope.encryption import purpose_keys

READ_AT_ONCE = 2000
_PURPOSE = "audit log"
HASHED = ("number", "at", "action", "actor", "subject", "object_type", "object_id", "reason", "details")
ENDS = ("last_number", "last_hash", "deleted_number", "deleted_hash")


@dataclass(frozen=True, slots=True)
class Break:
    """Where the chain doesn't hold: the entry's number, and why, in a word of English."""

    number: int
    fault: str


def seal(entry: AuditEntry, previous_hash: str) -> None:
    """Give a new entry its hash, by the newest key."""
    key_id, key = next(iter(_keys().items()))
    entry.key_id, entry.hash = key_id, _hash(entry, previous_hash, key)


def seal_ends(head: AuditHead) -> None:
    """Whoever can write to the database alone can't name other ends, which would hide what they took away there."""
    head.seal = _seal(head, next(iter(_keys().values())))


def are_ends_sealed(head: AuditHead) -> bool:
    """Also before anything was written."""
    if not head.last_number:
        return not head.seal
    return any(hmac.compare_digest(head.seal, _seal(head, key)) for key in _keys().values())


def breaks() -> Iterator[Break]:
    """Every place where an entry was changed, removed or put in, in the order of the log. Reads all of it."""
    keys = _keys()
    head = AuditHead.objects.first() or AuditHead()
    number, previous_hash = head.deleted_number, head.deleted_hash
    # The ends as they were when the entries were read: meanwhile others write, and what is old goes.
    ends = {f"head_{name}": Subquery(AuditHead.objects.values(name)) for name in (*ENDS, "seal")}
    entries = AuditEntry.objects.order_by("number").annotate(**ends)
    for place, entry in enumerate(entries.iterator(READ_AT_ONCE)):
        if place == 0:
            told = {name: getattr(entry, f"head_{name}") for name in (*ENDS, "seal")}
            head = AuditHead(**{name: value for name, value in told.items() if value is not None})
            number, previous_hash = head.deleted_number, head.deleted_hash
        if entry.number != number + 1:
            yield Break(number + 1, f"entries up to {entry.number - 1} are missing")
        elif entry.key_id not in keys:
            yield Break(entry.number, "written with a secret that this site no longer has")
        elif not hmac.compare_digest(entry.hash, _hash(entry, previous_hash, keys[entry.key_id])):
            yield Break(entry.number, "changed, or the one before it was")
        number, previous_hash = entry.number, entry.hash
    if number != head.last_number:
        yield Break(number + 1, f"entries up to {head.last_number} are missing, or more were put in")
    elif not hmac.compare_digest(previous_hash, head.last_hash):
        yield Break(number, "not the last entry that was written")
    if not are_ends_sealed(head):
        yield Break(head.last_number, "the row that names the log's ends was changed, or their secret is gone")


def _keys() -> dict[str, bytes]:
    """By their ids, the newest first."""
    return {hashlib.sha256(key).hexdigest()[:16]: key for key in purpose_keys(_PURPOSE)}


def _seal(head: AuditHead, key: bytes) -> str:
    told = orjson.dumps([getattr(head, name) for name in ENDS])
    return hmac.new(key, told, hashlib.sha256).hexdigest()


def _hash(entry: AuditEntry, previous_hash: str, key: bytes) -> str:
    facts = {name: getattr(entry, name) for name in HASHED}
    told = orjson.dumps([previous_hash, facts], option=orjson.OPT_SORT_KEYS | orjson.OPT_UTC_Z)
    return hmac.new(key, told, hashlib.sha256).hexdigest()
