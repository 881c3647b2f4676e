"""What guards have against a message and its files, as far as the owner's policy has it flagged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from chat.context.person import told_of_person
from chat.effective import hidden_prompt
from chat.guards.contract import Category as Kind
from chat.guards.contract import Finding
from chat.guards.leakage import canary_of, find_leakage
from chat.guards.links import find_links, hosts_in
from chat.guards.looking import look_for
from chat.guards.policies import Policy, policy_for
from chat.models import Attachment, Flag, Message, Run
from chat.models.message import PATH_MAX_MESSAGES, path_said
from chat.models.moderation import Category, Severity
from chat.moderation.concerns import Concern
from convoscope.encrypted_fields import unlocked

# Of one flag; there may be one in every line.
PLACES_KEPT = 20
HIGH_SCORE, MEDIUM_SCORE = 0.9, 0.7
LEFT_OUT_SCORE = 0.8

CATEGORIES: dict[Kind, Category] = {
    "injection": Category.INJECTION,
    "jailbreak": Category.JAILBREAK,
    "extraction": Category.EXTRACTION,
    "invisible": Category.INJECTION,
    "email": Category.PERSONAL_DATA,
    "phone": Category.PERSONAL_DATA,
    "iban": Category.PERSONAL_DATA,
    "card": Category.PERSONAL_DATA,
    "national_id": Category.PERSONAL_DATA,
    "ip": Category.PERSONAL_DATA,
    "api_key": Category.SECRETS,
    "private_key": Category.SECRETS,
    "jwt": Category.SECRETS,
    "leakage": Category.EXTRACTION,
    "exfiltration": Category.INJECTION,
}


def guard_concerns(message: Message) -> list[Concern]:
    """One for each category of flags."""
    policy = policy_for(message.conversation.owner_id)
    found: defaultdict[Category, list[tuple[str, Finding]]] = defaultdict(list)
    looked = _in_answer(message, policy) if message.role == Message.Role.ASSISTANT else _in_question(message, policy)
    for where, finding in looked:
        found[CATEGORIES[finding.category]].append((where, finding))
    return [_concern(category, findings) for category, findings in found.items()]


def _concern(category: Category, findings: list[tuple[str, Finding]]) -> Concern:
    places = [f"{where} {one.start}-{one.end}" for where, one in findings]
    details = {"rules": sorted({one.rule for _, one in findings}), "places": places[:PLACES_KEPT]}
    score = max(one.score for _, one in findings)
    severity = Severity.HIGH if score >= HIGH_SCORE else Severity.MEDIUM if score >= MEDIUM_SCORE else Severity.LOW
    return Concern(Flag.Source.GUARD, category, severity, details)


def _in_question(message: Message, policy: Policy) -> Iterator[tuple[str, Finding]]:
    for one in look_for(policy.categories("input", "flag"), message.text, "input"):
        yield "text", one
    flagged = policy.categories("retrieved", "flag")
    if not flagged:
        return
    files = message.attachments.order_by("position").values_list("name", "text")
    for number, (name, text) in enumerate(files, 1):
        for where, said in ((f"name of file {number}", name), (f"file {number}", unlocked(text))):
            for one in look_for(flagged, said, "retrieved"):
                yield where, one


def _in_answer(message: Message, policy: Policy) -> Iterator[tuple[str, Finding]]:
    flagged = policy.categories("output", "flag")
    found = look_for(flagged, message.text, "output")
    prompt = _hidden_prompt(message) if "leakage" in flagged else ""
    has_links = "exfiltration" in flagged and bool(find_links(message.text, frozenset()))
    # What stands above it may be long, and most often nothing asks for it.
    said = path_said(message.id, last=PATH_MAX_MESSAGES) if prompt or has_links else []
    of_person = [text for _id, role, text, _tokens in said if role == Message.Role.USER]
    if prompt:
        known = "\n\n".join([str(message.conversation.settings.get("system_prompt", "")), *of_person])
        found += find_leakage(message.text, prompt=prompt, canary=canary_of(prompt), known=known)
    if has_links:
        has_files = Attachment.objects.filter(message__in=[said_id for said_id, *_ in said]).exists()
        allowed = _named_hosts(message, of_person) if has_files else None
        found += find_links(message.text, allowed)
    if "exfiltration" in flagged and not any(one.category == "exfiltration" for one in found):
        found += _left_out(message)
    for one in found:
        yield "text", one


def _named_hosts(message: Message, of_person: list[str]) -> frozenset[str]:
    """Those that the answer might lead to while it streamed."""
    run = _newest_run(message)
    instructions = str(run.settings.get("system_prompt", "")) if run else ""
    told = told_of_person(message.conversation, message.conversation.owner)
    return frozenset().union(*map(hosts_in, [*of_person, instructions, told]))


def _left_out(message: Message) -> list[Finding]:
    """What was found while the answer streamed, and stands in it no more."""
    run = _newest_run(message)
    count = run.context.get("links_left_out", 0) if run else 0
    return [Finding(0, 0, "exfiltration", LEFT_OUT_SCORE, "link_left_out")] if count else []


def _hidden_prompt(message: Message) -> str:
    """Instructions that the person wrote are no secret to them."""
    run = _newest_run(message)
    return hidden_prompt(run.settings, message.conversation) if run else ""


def _newest_run(message: Message) -> Run | None:
    return Run.objects.filter(message=message).order_by("-created_at").only("context", "settings").first()
