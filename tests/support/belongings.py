"""A cast with every role, and a thing for each parameter of an address: the owner's, or the site's."""

from __future__ import annotations

from typing import TypeAlias
from uuid import UUID, uuid4

from allauth.account.models import EmailAddress
from allauth.mfa.recovery_codes.internal.auth import RecoveryCodes
from allauth.usersessions.models import UserSession
from django.conf import settings
from django.contrib import admin
from django.core.files.base import ContentFile
from django.core.files.storage import default_storage
from django.test import Client
from django.utils import timezone

from accounts.actions.audit import record
from accounts.actions.invitations import invite
from accounts.actions.people import give_role, make_administrator
from accounts.models import (
    AuditEntry,
    AuditOrigin,
    Breach,
    ClaimRule,
    Consent,
    ErasureRequest,
    IdentityProvider,
    Invitation,
    LegalHold,
    Preferences,
    Role,
    Terms,
    User,
)
from chat.actions.entities import id_of
from chat.entities.graph import Found, FoundEntity, FoundRelation, Graph, merged
from chat.models import (
    Appeal,
    Attachment,
    Comparison,
    Conversation,
    ConversationEntities,
    ConversationExport,
    ConversationImport,
    Experiment,
    Flag,
    Folder,
    KeywordList,
    Look,
    Message,
    ModerationAction,
    Prompt,
    Share,
    Tag,
)
from chat.models.attachment import SENT, THUMBNAIL
from providers.models import Budget, CachedResponse, Endpoint, ModelRow, PersonalEndpoint
from tests.support.answers import QUESTION, SYSTEM_PROMPT, TEXT, make_answer, make_plain, make_title_request
from tests.support.rows import make_row
from tests.support.spending import make_api_key, make_budget, make_team
from tests.support.vendors import closed_url

Things: TypeAlias = dict[str, object]

TITLE = "Of queues and pools"
REASONING = "The pool is smaller than what waits for it."
COMMENT = "It found the cause at once."
KEY_END = "qzxw"
FOLDER = "Of the payments team"
FACT = "I answer for the nightly settlement."
ENTITY = "Ottilie Wren"
PROMPT = "Look for what waits longest."
FILE = "settlement-times.png"
BROWSER = "Mozilla/5.0 (X11; Linux x86_64; rv:150.0) Gecko/20100101 Firefox/150.0"
FLAG_ID = "0192d4c8-0000-7000-8000-0000000000f1"
# What stands on pages for the owner and for nobody else.
HERS = (TITLE, QUESTION, TEXT, REASONING, COMMENT, SYSTEM_PROMPT, KEY_END, FOLDER, PROMPT, FACT, ENTITY, FILE)


def make_cast() -> dict[str, User]:
    """The owner, a stranger, and a person of each role that may do more. Moderators are let into the admin, which is
    where they will work."""
    names = ("owner", "stranger", "moderator", "analyst", "administrator")
    cast = {name: User.objects.create_user(email=f"{name}@example.org") for name in names}
    for person in cast.values():
        give_role(user=person, role=Role.USER)
    give_role(user=cast["moderator"], role=Role.MODERATOR)
    User.objects.filter(id=cast["moderator"].id).update(is_staff=True)
    give_role(user=cast["analyst"], role=Role.ANALYST)
    make_administrator(user=cast["administrator"])
    for person in cast.values():
        _sign_in_elsewhere(person)
    return cast


def _sign_in_elsewhere(person: User) -> None:
    browser = Client()
    browser.force_login(person)
    key = browser.cookies[settings.SESSION_COOKIE_NAME].value
    UserSession.objects.create(user=person, session_key=key, ip="192.0.2.44", user_agent=BROWSER)


def make_belongings(owner: User) -> Things:
    """By the names of parameters. Things in a state of their own have names of their own."""
    of_conversations = _conversations(owner) | _given_out(owner) | _brought(owner) | _prompts(owner)
    things = of_conversations | _moderated(owner) | _signed_in(owner) | _of_the_site(owner) | _privacy(owner)
    # The audit log's entries are a chain, and no rows that can be made up.
    record("session.began", by=owner)
    make_row(AuditOrigin, entry=AuditEntry.objects.latest("number"))
    # The admin has a page for a row of each of its models.
    for model in admin.site._registry:
        if not model._default_manager.exists():
            make_row(model)
    return things


def _attached(owner: User, question_id: UUID) -> Things:
    """An image of a message, which has all that a file can have, and one that waits."""
    file = default_storage.save("attachments/belongings", ContentFile(b"a file"))
    for made in (SENT, THUMBNAIL):
        default_storage.save(file + made, ContentFile(b"a picture"))
    image = {"owner": owner, "name": FILE, "kind": "image", "media_type": "image/png", "file": file}
    sent = Attachment.objects.create(message_id=question_id, **image)
    waiting = Attachment.objects.create(owner=owner, name=FILE, kind="document", media_type="text/plain")
    return {"attachment_id": sent.id, "waiting": waiting.id}


def _conversations(owner: User) -> Things:
    now = timezone.now()
    chosen = {"system_prompt": SYSTEM_PROMPT}
    conversation = Conversation.objects.create(owner=owner, title=TITLE, settings=chosen, active_at=now)
    resolved = Conversation.objects.create(owner=owner, title=TITLE, active_at=now, resolved_at=now)
    said = {
        "parts": [{"type": "reasoning", "text": REASONING}, {"type": "text", "text": TEXT}],
        "feedback": "good",
        "feedback_comment": COMMENT,
        "feedback_at": now,
    }
    run = make_plain(owner, conversation=conversation, message_fields=said)
    unfinished = make_answer(owner, took_ms=None)
    deleted_message = make_plain(owner, message_fields={"deleted_at": now})
    assert run.message.parent_id
    attached = _attached(owner, run.message.parent_id)
    compared = make_plain(owner, message_fields={"comparison": Comparison.objects.create()})
    folder = Folder.objects.create(owner=owner, name=FOLDER, key=FOLDER.casefold())
    deleted = Folder.objects.create(owner=owner, name=f"{FOLDER}, once", key="once", deleted_at=now)
    pinned = Conversation.objects.create(owner=owner, title=TITLE, active_at=now, is_pinned=True)
    archived = Conversation.objects.create(owner=owner, title=TITLE, active_at=now, archived_at=now, folder=folder)
    Message.objects.filter(id=run.message.parent_id).update(
        parts=[
            {"type": "attachment", "id": str(attached["attachment_id"]), "name": FILE},
            {"type": "text", "text": QUESTION},
        ]
    )
    ends = FoundEntity(ENTITY, "person"), FoundEntity("Bonn", "place")
    graph = merged(Graph(), Found(ends, (FoundRelation(ENTITY, "lives in", "Bonn"),)), id_of(conversation.id))
    ConversationEntities.objects.create(conversation=conversation, graph=graph.as_json(), leaf=run.message)
    temporary = Conversation.objects.create(owner=owner, title=TITLE, active_at=now, is_temporary=True)
    return attached | {
        "entity_id": graph.entities[0].id,
        "relation_id": graph.relations[0].id,
        "temporary": temporary.id,
        "folder_id": folder.id,
        "deleted_folder": deleted.id,
        "tag_id": Tag.objects.create(owner=owner, name="Urgently", key="urgently").id,
        "pinned": pinned.id,
        "archived": archived.id,
        "conversation_id": conversation.id,
        "resolved": resolved.id,
        "message_id": run.message_id,
        "question": run.message.parent_id,
        "deleted": deleted_message.message_id,
        "compared": compared.message_id,
        "run_id": run.id,
        "unfinished": unfinished.id,
        "call_number": 1,
    }


def _given_out(owner: User) -> Things:
    """An archive, and a link to other words than those that are looked for, since anybody may read them."""
    file = default_storage.save("exports/belongings.zip", ContentFile(b"a file"))
    export = ConversationExport.objects.create(owner=owner, status="ready", file=file, expires_at=timezone.now())
    conversation = Conversation.objects.create(owner=owner, title=TITLE, active_at=timezone.now())
    said = {"role": "user", "model": "", "created_at": timezone.now().isoformat(), "text": "For everybody"}
    share = Share.objects.create(owner=owner, conversation=conversation, title="Shared", snapshot=[said])
    picture = default_storage.save("attachments/shared", ContentFile(b"a file"))
    default_storage.save(picture + SENT, ContentFile(b"a picture"))
    image = Attachment.objects.create(owner=owner, share=share, name="For everybody", kind="image", file=picture)
    return {
        "export_id": export.id,
        "share_id": share.id,
        "token": share.token,
        "image_id": image.id,
        "file_format": "markdown",
    }


def _moderated(owner: User) -> Things:
    """A conversation of other words than those that are looked for, since moderators read it; what was decided."""
    now = timezone.now()
    flagged = Conversation.objects.create(owner=owner, title="For moderators", active_at=now)
    message = Message.objects.create(conversation=flagged, role="user", text="For moderators")
    flag = {"conversation": flagged, "message": message, "source": "guard", "severity": 2}
    Flag.objects.create(id=FLAG_ID, category="hate", **flag)
    file = default_storage.save("attachments/flagged", ContentFile(b"a file"))
    default_storage.save(file + SENT, ContentFile(b"a picture"))
    image = Attachment.objects.create(owner=owner, message=message, name="For moderators", kind="image", file=file)
    decided = {"kind": "warn_user", "conversation": flagged, "person": owner, "reason": "For moderators"}
    action, appealed = (ModerationAction.objects.create(**decided, acknowledged_at=now) for _ in range(2))
    Appeal.objects.create(action=appealed, text="For moderators")
    Look.objects.create(conversation=flagged, owner=flagged.owner, reason="For moderators", ends_at=now, seen_at=now)
    KeywordList.objects.create(name="For moderators", entries="one", is_active=False)
    return {
        "flag_id": FLAG_ID,
        "flagged": flagged.id,
        "flagged_image": image.id,
        "action_id": action.id,
        "appealed": appealed.id,
        "person_id": owner.id,
    }


def _brought(owner: User) -> Things:
    brought = ConversationImport.objects.create(
        owner=owner, name=TITLE, size_bytes=2, status="previewed", expires_at=timezone.now()
    )
    return {"import_id": brought.id}


def _prompts(owner: User) -> Things:
    said = {"owner": owner, "title": "Of waiting", "text": PROMPT}
    prompt = Prompt.objects.create(name="waiting", **said)
    deleted = Prompt.objects.create(name="gone", deleted_at=timezone.now(), **said)
    fact = {"id": str(uuid4()), "text": FACT, "created_at": timezone.now().isoformat()}
    Preferences.objects.update_or_create(user=owner, defaults={"facts": [fact]})
    return {"fact_id": fact["id"], "prompt_id": prompt.id, "deleted_prompt": deleted.id}


def _signed_in(owner: User) -> Things:
    RecoveryCodes.activate(owner)
    if not UserSession.objects.filter(user=owner).exists():
        _sign_in_elsewhere(owner)
    return {"session_id": UserSession.objects.get(user=owner).id}


def _privacy(owner: User) -> Things:
    """What stands and asks for nothing: a hold that was released, an erasure that was taken back."""
    now = timezone.now()
    Terms.objects.create(version=1, text="Be kind.")
    Consent.objects.create(user=owner, purpose="terms", version=1, is_given=True)
    LegalHold.objects.create(user=owner, reason="A dispute", placed_by=owner, released_at=now)
    ErasureRequest.objects.create(user=owner, pseudonym=uuid4(), status="cancelled", due_at=now)
    Breach.objects.create(title="A lost laptop", happened="It was left on a train", settled_at=now)
    return {}


def _of_the_site(owner: User) -> Things:
    IdentityProvider.objects.create(kind="oidc", slug="works", name="The Works", is_active=False)
    ClaimRule.objects.create(claim="groups", pattern="bakers", effect="tier", tier="free")
    lab = Endpoint(name="lab", is_custom=True, label="The lab", adapter="openai", base_url=closed_url())
    lab.default_model = "llama"
    lab.save()
    ModelRow.objects.create(endpoint="lab", model_id="llama", label="Llama")
    key = PersonalEndpoint(owner=owner, name="openai")
    key.keep_key(f"sk-0123456789-{KEY_END}")
    key.save()
    make_team("The lab's", owner)
    api_key = make_api_key(owner)
    EmailAddress.objects.create(user=owner, email=owner.email, primary=True, verified=True)
    now = timezone.now()
    counts = ("input_tokens", "output_tokens", "cached_tokens", "reasoning_tokens", "cache_write_tokens", "size_bytes")
    times = ("created_at", "exact_until", "expires_at", "last_used_at")
    CachedResponse.objects.create(
        scope=f"user:{owner.id}",
        asked_by=owner,
        request_digest=uuid4().hex,
        text=TEXT,
        **dict.fromkeys(counts, 1) | dict.fromkeys(times, now),
    )
    experiment = Experiment.objects.create(name="Which model", setting="model", variant_a="a/b", variant_b="a/c")
    idle = make_budget(target=owner.email, period="day")
    Budget.objects.filter(id=idle.id).update(is_enabled=False)
    invitation = Invitation(address="newcomer@example.org")
    return {
        "invitation": invite(invitation=invitation, by=owner),
        "digest": "0123456789ab",
        "bundle": "app.css",
        "name": "lab",
        "own_key": "openai",
        "key_id": api_key.id,
        "report": "model-day",
        "request_id": make_title_request(),
        "experiment_id": experiment.id,
        "budget_id": make_budget(target=owner.email).id,
        "idle_budget": idle.id,
    }
