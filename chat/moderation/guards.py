"""What guards have against a message and its files, as far as the owner's policy has it flagged."""

from __future__ import annotations

from collections import defaultdict
from collections.abc import Iterator

from chat.guards.contract import Category as Kind
from chat.guards.contract import Finding
from chat.guards.leakage import find_leakage
from chat.guards.links import find_links, hosts_in
from chat.guards.looking import look_for
from chat.guards.policies import Policy, policy_for
from chat.models import Attachment, Flag, Message, Run
from chat.models.message import PATH_MAX_MESSAGES, path_said
from chat.models.moderation import Category, Severity
from chat.moderation.concerns import Concern

# Of one flag; there may be one in every line.
PLACES_KEPT = 20
HIGH_SCORE, MEDIUM_SCORE = 0.9, 0.7

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
    for number, text in enumerate(message.attachments.order_by("position").values_list("text", flat=True), 1):
        for one in look_for(flagged, text, "retrieved"):
            yield f"file {number}", one


def _in_answer(message: Message, policy: Policy) -> Iterator[tuple[str, Finding]]:
    flagged = policy.categories("output", "flag")
    found = look_for(flagged, message.text, "output")
    if flagged & {"leakage", "exfiltration"}:
        said = path_said(message.id, last=PATH_MAX_MESSAGES)
        of_person = [text for _id, role, text, _tokens in said if role == Message.Role.USER]
        if "leakage" in flagged:
            found += _leaked(message, of_person)
        if "exfiltration" in flagged:
            has_files = Attachment.objects.filter(message__in=[said_id for said_id, *_ in said]).exists()
            allowed = frozenset[str]().union(*map(hosts_in, of_person)) if has_files else None
            found += find_links(message.text, allowed)
    for one in found:
        yield "text", one


def _leaked(message: Message, of_person: list[str]) -> list[Finding]:
    """Instructions that the person wrote are no secret to them."""
    run = Run.objects.filter(message=message).order_by("-created_at").only("settings").first()
    prompt = str(run.settings.get("system_prompt", "")) if run else ""
    own = str(message.conversation.settings.get("system_prompt", ""))
    return find_leakage(message.text, prompt=prompt, known="\n\n".join([own, *of_person])) if prompt else []
