"""What the page and the socket both show of messages: one template for each, rendered the same in both places."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Mapping, Sequence
from dataclasses import dataclass, replace
from uuid import UUID

from django.conf import settings
from django.template.loader import render_to_string
from uuid_utils.compat import uuid7

from chat.context.attached import read_attached
from chat.model_choice import model_label
from chat.models import Attachment, Message, ModerationAction, Run
from chat.readout import Readout, ended_readout, figures, live_readout, provider_label
from chat.rendering import RENDER_VERSION, render_markdown
from chat.runs.live import LiveRun
from chat.runs.load import joined, saved_so_far
from chat.trace import Trace, finished_trace, live_trace
from chat.understanding.follow_ups import fit_suggestions
from convoscope.encrypted_content import unreadable_marked
from convoscope.encrypted_fields import is_marked, mark_locked
from providers.ledger import Cost, costs_of

WINDOW_MESSAGES = 50
# About twelve lines of a question's block, which the page then measures.
LONG_QUESTION_CHARS = 600
LONG_QUESTION_LINES = 12


@dataclass(frozen=True, slots=True)
class ShownMessage:
    """A message as `_message.html` shows it, with its `attachments` without their text. `position` counts from 1 among
    `siblings`; a question whose answers were deleted `is_unanswered`; `fence` and `seq` say how much of a live answer
    the HTML holds. `hidden_because` is what a moderator said who has hidden it."""

    message: Message
    run: Run | None
    run_id: UUID | None
    body_html: str
    siblings: tuple[UUID, ...]
    attachments: Sequence[Attachment] = ()
    is_leaf: bool = True
    is_unanswered: bool = False
    readout: Readout | None = None
    trace: Trace | None = None
    phase: str = ""
    phase_words: str = ""
    live_notices: tuple[str, ...] = ()
    cost: Cost | None = None
    fence: int = 0
    seq: int = 0
    hidden_because: str = ""

    @property
    def is_unreadable(self) -> bool:
        return is_marked(self.message.text)

    @property
    def has_siblings(self) -> bool:
        return len(self.siblings) > 1

    @property
    def position(self) -> int:
        return self.siblings.index(self.message.id) + 1 if self.message.id in self.siblings else 1

    @property
    def previous_sibling(self) -> UUID | None:
        return self.siblings[self.position - 2] if self.position > 1 else None

    @property
    def next_sibling(self) -> UUID | None:
        return self.siblings[self.position] if self.position < len(self.siblings) else None

    @property
    def model_name(self) -> str:
        """What people see the model as that answers, or is to answer."""
        message = self.message
        return model_label(f"{message.provider}/{message.model}" if message.provider else message.model)

    @property
    def notices(self) -> list[str]:
        return [part["text"] for part in self.message.parts if part["type"] == "notice"]

    @property
    def is_long(self) -> bool:
        """Whether a question may take more lines than are shown at first."""
        return len(self.message.text) > LONG_QUESTION_CHARS or self.message.text.count("\n") >= LONG_QUESTION_LINES

    @property
    def has_reasoning(self) -> bool:
        return any(part["type"] == "reasoning" for part in self.message.parts)

    @property
    def reasoning_s(self) -> int | None:
        """For how long the model reasoned, at least a second; None where that isn't known."""
        ms = [part["duration_ms"] for part in self.message.parts if part.get("duration_ms")]
        return max(1, round(sum(ms) / 1000)) if ms else None

    @property
    def has_figures(self) -> bool:
        """Whether anything was used: a call that failed at its input may have cost something, and written nothing. What
        was copied from elsewhere has no run here, but a model that wrote it."""
        if self.run_id is None:
            return bool(self.message.model)
        has_cost = self.cost is not None and self.cost.nanousd > 0
        return has_cost or bool(self.readout and self.readout.tokens)

    @property
    def figures(self) -> list[str]:
        return list(figures(self.message, self.readout, self.cost))

    @property
    def provider_label(self) -> str:
        return provider_label(self.message.provider)

    @property
    def asked_back(self) -> bool:
        return self.message.finish_reason == Message.ASKED_BACK

    @property
    def follow_ups(self) -> list[str]:
        """What is suggested to go on with, under the last answer of the path."""
        return follow_ups_of(self.message)

    @property
    def next_turn_key(self) -> UUID:
        """For a form that goes on from here."""
        return uuid7()

    @property
    def can_continue(self) -> bool:
        """What was said after an answer holds to its text as it was: only the last one can go on."""
        is_cut = self.message.finish_reason in ("length", "stopped", "time_limit")
        return self.is_leaf and is_cut and self.message.status in (Message.Status.STOPPED, Message.Status.COMPLETE)

    @property
    def can_retry(self) -> bool:
        return self.message.status in (Message.Status.FAILED, Message.Status.STOPPED)

    @property
    def can_regenerate(self) -> bool:
        return self.message.status == Message.Status.COMPLETE and self.message.parent_id is not None


def show_path(path: Sequence[Message], *, is_veiled: bool = True) -> list[ShownMessage]:
    """Messages of a path as they are shown, with their latest run and their siblings: three queries for any number, and
    one for what is attached to any of them, and for why some are hidden. Moderators see what is hidden too, for whom
    they aren't `is_veiled`. What lost its key says so."""
    with unreadable_marked():
        return _shown_path([mark_locked(message) for message in path], is_veiled=is_veiled)


def _shown_path(path: Sequence[Message], *, is_veiled: bool) -> list[ShownMessage]:
    reasons = _hidden_because(path)
    if is_veiled:
        path = [message.veiled() for message in path]
    runs: defaultdict[UUID, list[Run]] = defaultdict(list)
    for run in Run.objects.filter(message__in=path).order_by("created_at"):
        runs[run.message_id].append(mark_locked(run))
    costs = costs_of([run.id for one in runs.values() for run in one])
    children, attached = _children(path), shown_attachments(path)
    shown = [
        _show(
            message,
            runs[message.id],
            children[message.parent_id],
            attachments=attached.get(message.id, ()),
            hidden_because=reasons.get(message.id, ""),
            cost=_cost(runs[message.id], costs),
        )
        for message in path
    ]
    return [_in_tree(one, has_children=bool(children[one.message.id])) for one in shown]


def _hidden_because(path: Sequence[Message]) -> dict[UUID | None, str]:
    """By message; no query where none is hidden."""
    hidden = [message.id for message in path if message.hidden_at is not None]
    if not hidden:
        return {}
    actions = ModerationAction.objects.filter(kind=ModerationAction.Kind.HIDE_MESSAGE, message__in=hidden)
    return dict(actions.filter(undone_by=None).order_by("id").values_list("message_id", "reason"))


def _in_tree(shown: ShownMessage, *, has_children: bool) -> ShownMessage:
    is_question = shown.message.role == Message.Role.USER
    return replace(shown, is_leaf=not has_children, is_unanswered=is_question and not has_children)


def show_message(message: Message) -> ShownMessage:
    return show_path([message])[0]


def message_html(shown: ShownMessage) -> str:
    return render_to_string("chat/_message.html", {"shown": shown})


def follow_ups_of(message: Message) -> list[str]:
    kept = message.metadata.get("follow_ups")
    return fit_suggestions(kept) if settings.AUTO_FOLLOW_UPS and isinstance(kept, list) else []


def follow_ups_notice(answer: Message, follow_ups: Sequence[str]) -> str:
    """Puts them under an answer that is shown already, as the last one."""
    context = {"message": answer, "follow_ups": follow_ups, "turn_key": uuid7(), "is_pushed": True}
    return render_to_string("chat/_follow_ups.html", context)


def shown_attachments(messages: Sequence[Message]) -> Mapping[UUID, Sequence[Attachment]]:
    """By message; no query where there are none."""
    with_files = [
        one.id for one in messages if is_marked(one.parts) or any(part["type"] == "attachment" for part in one.parts)
    ]
    return read_attached(with_files) if with_files else {}


def show_turn(question: Message, answer: Message, run: Run, attached: Sequence[Attachment]) -> list[ShownMessage]:
    """A turn just submitted, which has no siblings: nothing has to be read."""
    return [_show(question, (), (), attachments=attached), _show(answer, [run], (), body_html="")]


def ended_foot(runs: Sequence[Run], siblings: tuple[UUID, ...], cost: Cost | None) -> str:
    """What an answer that has just ended gets beside its text: the figures, the error, the actions; its reasoning. The
    last of its runs is the one that ended, with the message as it now is."""
    shown = _show(runs[-1].message, runs, siblings, body_html="", cost=cost)
    foot = render_to_string("chat/_foot.html", {"shown": shown})
    return foot + (render_to_string("chat/_reasoning_block.html", {"shown": shown}) if shown.has_reasoning else "")


def runs_of_answer(run: Run) -> list[Run]:
    """All runs of a run's answer, oldest first, this being the last."""
    # Only what goes on with an answer has runs before it.
    if run.kind != Run.Kind.CONTINUE:
        return [run]
    return [*Run.objects.filter(message=run.message_id).exclude(id=run.id).order_by("created_at"), run]


def cost_of_answer(runs: Sequence[Run]) -> Cost | None:
    """What all runs of an answer cost together; None before the first ledger line."""
    return _cost(runs, costs_of([one.id for one in runs]))


def show_live(live: LiveRun) -> ShownMessage:
    """A live answer without its body: that is pushed by the operations of its snapshot. Reads no database."""
    return ShownMessage(
        message=live.message,
        run=None,
        run_id=live.claim.run_id,
        body_html="",
        siblings=live.siblings,
        readout=live_readout(live.timings(), live.elapsed_ms()),
        trace=live_trace(live.trace[: live.traced], live.marks),
        phase=live.phase,
        phase_words=live.phase_words,
        live_notices=tuple(live.notices),
        fence=live.claim.fence,
        seq=live.seq,
    )


def live_foot(live: LiveRun) -> str:
    return render_to_string("chat/_foot_live.html", {"shown": show_live(live)})


def _show(
    message: Message,
    runs: Sequence[Run],
    siblings: tuple[UUID, ...],
    *,
    body_html: str | None = None,
    attachments: Sequence[Attachment] = (),
    cost: Cost | None = None,
    hidden_because: str = "",
) -> ShownMessage:
    run = runs[-1] if runs else None
    body_html = _body_html(message, run) if body_html is None else body_html
    return ShownMessage(
        message=message,
        run=run,
        run_id=run.id if run else None,
        body_html=body_html,
        siblings=siblings,
        attachments=attachments,
        hidden_because=hidden_because,
        readout=ended_readout(message, runs),
        trace=None if run is None or message.is_unfinished else finished_trace(message, run),
        phase="queued" if message.is_unfinished else "",
        cost=cost,
        fence=run.fence if run else 0,
        # What is saved of an answer is of no frame's place: none fits behind it, so the page asks for the live state.
        seq=-1 if message.is_unfinished and body_html else 0,
    )


def _cost(runs: Sequence[Run], costs: Mapping[UUID, Cost]) -> Cost | None:
    known = [costs[run.id] for run in runs if run.id in costs]
    return sum(known, start=Cost()) if known else None


def _body_html(message: Message, run: Run | None) -> str:
    """The stored rendering. Of an answer that is being written, what is saved so far: the socket replaces it by the
    live state."""
    if message.role == Message.Role.USER:
        return ""
    if message.is_unfinished and run is not None:
        return render_markdown("".join(joined(run, message.text, saved_so_far(run)[0])))
    return stored_html(message)


def stored_html(message: Message) -> str:
    """An answer as it was rendered at its end, or rendered anew where that is missing or of an older renderer."""
    if message.render_version == RENDER_VERSION and message.html and not is_marked(message.html):
        return message.html
    return render_markdown(message.text) if message.text else ""


def _children(path: Sequence[Message]) -> defaultdict[UUID | None, tuple[UUID, ...]]:
    """Ids by parent, oldest first, of the path's messages and their parents. Roots are siblings within their
    conversation."""
    found: defaultdict[UUID | None, list[UUID]] = defaultdict(list)
    parents = {message.parent_id for message in path if message.parent_id} | {message.id for message in path}
    present = Message.objects.present().order_by("id")
    rows = list(present.filter(parent__in=parents).values_list("parent_id", "id"))
    if any(message.parent_id is None for message in path):
        rows += present.filter(conversation_id=path[0].conversation_id, parent=None).values_list("parent_id", "id")
    for parent_id, message_id in rows:
        found[parent_id].append(message_id)
    return defaultdict(tuple, {parent_id: tuple(ids) for parent_id, ids in found.items()})
