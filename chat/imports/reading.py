"""The conversations of an uploaded file, one after the other, whatever product it is from."""

from __future__ import annotations

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass, replace
from typing import IO

from django.utils.translation import gettext as _
from django.utils.translation import ngettext

from chat.imports.conversation import ImportedConversation, ImportedMessage
from chat.imports.files import Members, files_in
from chat.imports.pieces import Piece, Readable, pieces_of
from chat.imports.products import PRODUCTS, product_of
from chat.imports.report import Report, Tell
from chat.imports.tree import Tree, tree_of
from convoscope.errors import ValidationFailed
from convoscope.numbers import number

MESSAGES_MAX = 50_000
# More than any model writes at once; a page renders a message whole.
MESSAGE_MAX_CHARS = 1_000_000
SOURCE_ID_MAX_CHARS = 200


@dataclass(frozen=True, slots=True)
class Read:
    """`where` is its place in the file, for the report; `notes` say what of it isn't as it was."""

    where: str
    product: str
    conversation: ImportedConversation
    tree: Tree
    notes: list[str]


def conversations_in(file: IO[bytes], report: Report, tell: Tell) -> Iterator[Read]:
    """Those that can be imported. The rest is in the report.

    Raises: ValidationFailed if there are none at all, or the file isn't to be opened.
    """
    # By what they are known: a file may hold one twice.
    found: set[tuple[str, str]] = set()
    faults: list[ValidationFailed] = []
    members = Members(file)
    for file_name, readable in files_in(file, tell):
        try:
            for read in _of_one(file_name, readable, report, members):
                name = (read.product, read.conversation.source_id)
                report.known += name in found
                if name not in found:
                    found.add(name)
                    yield read
        except ValidationFailed as exc:
            faults.append(exc)
    if not found and len(faults) == 1:
        raise faults[0]
    if not found and not report.refused:
        raise ValidationFailed(_("There is no conversation in this file that could be read. Nothing was imported."))


def _of_one(name: str, readable: Readable, report: Report, members: Members) -> Iterator[Read]:
    """What precedes the first that is known may be another kind of file, which stands in the same ZIP file."""
    is_ours, waiting = False, Report()
    try:
        for piece in pieces_of(readable):
            where = f"{name} {piece.number}".strip()
            product = product_of(piece.value)
            if product is not None and not is_ours:
                is_ours = True
                report.take_over(waiting)
            if product is None:
                fault = piece.fault or _("It is no conversation of a product that is known here.")
                (report if is_ours else waiting).refuse(where, fault)
            elif read := _read(where, product, piece, report, members):
                yield read
    except ValidationFailed as exc:
        if not is_ours:
            raise
        report.refuse(name, exc.user_message)


def _read(where: str, product: str, piece: Piece, report: Report, members: Members) -> Read | None:
    conversation = PRODUCTS[product].read(piece.value)
    if refusal := _refusal(conversation.messages):
        report.refuse(where, refusal)
        return None
    tree = tree_of(conversation.messages, joins_answers=conversation.joins_answers)
    if not tree.messages and product != "convoscope":
        report.refuse(where, _("It has no message that could be shown."))
        return None
    source_id = conversation.source_id[:SOURCE_ID_MAX_CHARS] or _digest(conversation, tree)
    notes = [*conversation.notes, *tree.notes, *_missing_files(tree, members)]
    return Read(where, product, replace(conversation, source_id=source_id), tree, notes)


def _missing_files(tree: Tree, members: Members) -> list[str]:
    missing = sum(
        file.content is None and members.find(file.member) is None for one in tree.messages for file in one.files
    )
    words = ngettext(
        "%(count)s file isn't in what you uploaded; its name is kept.",
        "%(count)s files aren't in what you uploaded; their names are kept.",
        missing,
    )
    return [words % {"count": missing}] if missing else []


def _refusal(messages: list[ImportedMessage]) -> str:
    """Why such messages aren't taken; empty if they are."""
    if len(messages) > MESSAGES_MAX:
        return _("It has more than %(count)s messages.") % {"count": number(MESSAGES_MAX)}
    longest = max((len(one.text or "") + sum(len(part["text"]) for part in one.parts) for one in messages), default=0)
    if longest > MESSAGE_MAX_CHARS:
        return _("A message of it has more than %(count)s characters.") % {"count": number(MESSAGE_MAX_CHARS)}
    return ""


def _digest(conversation: ImportedConversation, tree: Tree) -> str:
    """Names a conversation that its product gave no id."""
    said = [conversation.title, *(f"{one.id} {one.role} {one.parts}" for one in tree.messages)]
    return hashlib.sha256("\n".join(said).encode()).hexdigest()
