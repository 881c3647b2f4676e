"""Who may use which address: a line for each."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import Any

from tests.support.belongings import ENTITY, FLAG_ID

OWNER = frozenset({"owner"})
ADMINISTRATOR = frozenset({"administrator"})
MODERATORS = frozenset({"moderator", "administrator"})
ANALYSTS = frozenset({"analyst", "administrator"})
SIGNED_IN = frozenset({"owner", "stranger", "moderator", "analyst", "administrator"})
EVERYBODY = SIGNED_IN | {"visitor"}


@dataclass(frozen=True, slots=True)
class Line:
    """Who may use an address, and by which methods. To others signed in there is nothing there.

    `form` is what its POST sends, which changes something unless it only `asks`, all of them or these. `of` are things
    that take the place of those that the address's parameters name. `answers` is the status, where it is none of
    success; `refuses` is what others get, analysts perhaps something else: they are let into the admin. Where it
    `is_noted`, whoever looks is written down.
    """

    who: frozenset[str]
    methods: tuple[str, ...]
    form: dict[str, str] = field(default_factory=dict)
    asks: bool | frozenset[str] = False
    answers: int = 0
    refuses: str = "404"
    refuses_analysts: str = ""
    of: dict[str, str] = field(default_factory=dict)
    is_noted: bool = False


def get(who: frozenset[str], **given: Any) -> Line:
    return Line(who, ("GET",), **given)


def post(who: frozenset[str], form: dict[str, str] | None = None, **given: Any) -> Line:
    return Line(who, ("POST",), form or {}, **given)


def both(who: frozenset[str], form: dict[str, str], **given: Any) -> Line:
    return Line(who, ("GET", "POST"), form, **given)


TURN = {"text": "And now?", "turn_key": "0192d4c8-0000-7000-8000-000000000001"}
MODEL = {"model": "offline/offline"}
REASON = {"reason": "It insults."}
PROMPT = {"name": "another", "title": "Another", "text": "Of something else"}

# By the name of the address, or by its route if it has none.
EXPECTED: dict[str, Line] = {
    # They look at no session: without a key or a token everybody is told to send one.
    "account_show": get(EVERYBODY, answers=401),
    "token_login": post(EVERYBODY, asks=True, answers=400),
    # Nobody is signing in.
    "token_second_factor": post(EVERYBODY, asks=True, answers=401),
    "token_refresh": post(EVERYBODY, asks=True, answers=400),
    "token_session": get(EVERYBODY, answers=401),
    "token_keys": get(EVERYBODY),
    "api_key_list": both(SIGNED_IN, {"name": "Laptop"}, asks=True, answers=422),
    "api_key_revoke": both(OWNER, {}),
    "message_report": both(OWNER, {"category": "other"}),
    "share_report": both(EVERYBODY, {"category": "other"}),
    "decisions": get(SIGNED_IN),
    "decision_appeal": post(OWNER, {"text": "It is a quotation."}),
    # It is another decision than a warning.
    "warning_acknowledge": post(OWNER, asks=True),
    "moderation_queue": get(MODERATORS, refuses="login", refuses_analysts="403"),
    "moderation_dismiss": post(MODERATORS, REASON | {"flags": FLAG_ID}, refuses="login", refuses_analysts="403"),
    "moderation_claim": post(MODERATORS, refuses="login", refuses_analysts="403"),
    # Nobody has claimed it.
    "moderation_unclaim": post(MODERATORS, asks=True, refuses="login", refuses_analysts="403"),
    # Nothing was flagged in it: it is asked why it should be read.
    "moderation_conversation": get(MODERATORS, refuses="login", refuses_analysts="403"),
    "moderation_look": post(MODERATORS, REASON | {"hours": "1"}, refuses="login", refuses_analysts="403"),
    "moderation_act": post(
        MODERATORS,
        REASON | {"kind": "mark_reviewed"},
        refuses="login",
        refuses_analysts="403",
        of={"conversation_id": "flagged"},
    ),
    "moderation_image": get(
        MODERATORS,
        refuses="login",
        refuses_analysts="403",
        of={"conversation_id": "flagged", "attachment_id": "flagged_image"},
        is_noted=True,
    ),
    "moderation_person": both(MODERATORS, REASON | {"kind": "suspend_user"}, refuses="login", refuses_analysts="403"),
    "moderation_restore": post(MODERATORS, REASON, refuses="login", refuses_analysts="403"),
    "moderation_appeals": get(MODERATORS, refuses="login", refuses_analysts="403"),
    "moderation_appeal": post(
        MODERATORS,
        {"outcome": "refused", "answer": "We looked again."},
        refuses="login",
        refuses_analysts="403",
        of={"action_id": "appealed"},
    ),
    "moderation_looks": get(MODERATORS, refuses="login", refuses_analysts="403"),
    "claim_mapping": both(ADMINISTRATOR, {"claims": '{"groups": ["bakers"]}'}, asks=True),
    "privacy": get(SIGNED_IN),
    "data_request": both(SIGNED_IN, {}),
    "conversation_health": both(OWNER, {"agrees": "on"}),
    "terms": both(SIGNED_IN, {"version": "1", "agrees": "on"}),
    "terms_withdraw": post(SIGNED_IN),
    "consents_choose": post(SIGNED_IN, {"analytics": "on"}),
    # It takes the password of those who have one; the cast has none.
    # The owner has recovery codes, and is asked for one.
    "erasure_request": both(SIGNED_IN, {}, asks=OWNER),
    # None is asked for.
    "erasure_cancel": post(SIGNED_IN, asks=True),
    "chat_new": get(SIGNED_IN),
    "conversation_create": post(SIGNED_IN, TURN),
    "chat_estimate": post(SIGNED_IN, TURN, asks=True),
    "conversation_list": get(SIGNED_IN),
    "conversation_detail": get(OWNER),
    "conversation_log": get(OWNER),
    "message_create": post(OWNER, TURN),
    "conversation_estimate": post(OWNER, TURN, asks=True),
    "conversation_rename": both(OWNER, {"title": "Another"}),
    "conversation_resolve": post(OWNER),
    "conversation_reopen": post(OWNER, of={"conversation_id": "resolved"}),
    "conversations_manage": both(SIGNED_IN, {"act": "pin"}, asks=True, answers=400),
    "conversation_menu": get(OWNER),
    "conversation_pin": post(OWNER),
    "conversation_unpin": post(OWNER, of={"conversation_id": "pinned"}),
    "conversation_archive": post(OWNER),
    "conversation_unarchive": post(OWNER, of={"conversation_id": "archived"}),
    "conversation_folder": both(OWNER, {"folder": "", "name": "Another"}),
    "conversation_tags": both(OWNER, {"new": "another"}),
    # No file is brought.
    "attachment_create": post(SIGNED_IN, {}, asks=True, answers=422),
    "attachment_waiting": get(SIGNED_IN),
    "attachment": get(OWNER),
    "attachment_thumbnail": get(OWNER),
    "attachment_delete": post(OWNER, of={"attachment_id": "waiting"}),
    "folder_create": both(SIGNED_IN, {"name": "Another"}),
    "folder": both(OWNER, {"act": "pin"}, asks=True, answers=400),
    "folder_menu": get(OWNER),
    "folder_rename": both(OWNER, {"name": "Another"}),
    "folder_delete": post(OWNER),
    "folder_restore": post(OWNER, of={"folder_id": "deleted_folder"}),
    "tag": both(OWNER, {"act": "pin"}, asks=True, answers=400),
    "archive": both(SIGNED_IN, {"act": "pin"}, asks=True, answers=400),
    "trash": both(SIGNED_IN, {"act": "empty"}, asks=True),
    "conversation_keep": post(OWNER, of={"conversation_id": "temporary"}),
    "conversation_trash": post(OWNER),
    "conversation_restore": post(OWNER),
    "conversation_settings": both(OWNER, {"temperature": "1.5"}),
    "conversation_memory": both(OWNER, {"memory": "buffer", "summary": ""}),
    "conversation_topics": post(OWNER, {"topics": "waiting"}),
    "entity_add": post(OWNER, {"name": "Another", "type": "person"}),
    "entity_change": post(OWNER, {"name": "Another", "type": "person"}),
    "entity_remove": post(OWNER),
    "relation_add": post(OWNER, {"source": "Bonn", "kind": "home of", "target": ENTITY}),
    "relation_change": post(OWNER, {"source": "Bonn", "kind": "home of", "target": ENTITY}),
    "relation_remove": post(OWNER),
    "conversation_model": both(OWNER, MODEL),
    "conversation_export": get(OWNER),
    "conversation_download": get(OWNER),
    "conversation_share": both(OWNER, {"expiry": "never"}),
    "exports": both(SIGNED_IN, {"format": "json"}),
    "export_download": get(OWNER),
    # No file is brought.
    "imports": both(SIGNED_IN, {}, asks=True, answers=422),
    "import_confirm": post(OWNER),
    "import_discard": post(OWNER),
    "share_list": get(SIGNED_IN),
    "share_revoke": post(OWNER),
    # Public by design, for whoever has the link.
    "share": get(EVERYBODY),
    "share_image": get(EVERYBODY),
    "bundle": get(EVERYBODY, of={"name": "bundle"}),
    "model_pick": both(SIGNED_IN, MODEL, asks=True),
    "model_compare": both(SIGNED_IN, {}, asks=True),
    "model_favourite": post(SIGNED_IN, {"model": "+offline/offline"}),
    "message_detail": get(OWNER),
    "message_text": get(OWNER),
    "message_reasoning": get(OWNER),
    "message_feedback": both(OWNER, {"feedback": "bad"}),
    "message_menu": get(OWNER),
    "message_edit": both(OWNER, TURN, of={"message_id": "question"}),
    "message_retry": both(OWNER, {}),
    "message_choose": post(OWNER, of={"message_id": "compared"}),
    "message_delete": both(OWNER, {}),
    "message_restore": post(OWNER, of={"message_id": "deleted"}),
    "message_share": both(OWNER, {"expiry": "never"}),
    "message_fork": post(OWNER),
    "message_continue": post(OWNER),
    "message_select": post(OWNER),
    "message_inspect": get(OWNER),
    # Its figures and errors; the words are looked for below.
    "run_inspect": get(OWNER | ADMINISTRATOR),
    "run_request": get(OWNER),
    "inspect_lookup": get(ADMINISTRATOR),
    "request_inspect": get(ADMINISTRATOR),
    "search": get(SIGNED_IN),
    "search_palette": get(SIGNED_IN),
    "status": get(SIGNED_IN),
    "level_pin": post(ADMINISTRATOR, {"level": "offline", "reason": "A try"}),
    "task_list": get(ADMINISTRATOR),
    # It is queued, for another process.
    "task_run": post(ADMINISTRATOR, {"task": "chat.tasks.purge_trash"}, asks=True),
    "shortcuts": get(SIGNED_IN),
    "memory": both(SIGNED_IN, {"instructions": "Be brief."}),
    "fact_add": post(SIGNED_IN, {"text": "I bake."}),
    "fact_change": post(OWNER, {"text": "I bake bread."}),
    "fact_forget": post(OWNER),
    "preferences": both(SIGNED_IN, {"temperature": "1.5"}),
    "theme_set": post(SIGNED_IN, {"theme": "dark"}),
    # It sets a cookie alone.
    "visitor_language": both(EVERYBODY, {"language": "vi"}, asks=True),
    "prompt_list": get(SIGNED_IN),
    "prompt_create": both(SIGNED_IN, PROMPT),
    "prompt_suggest": get(SIGNED_IN),
    "prompt_edit": both(OWNER, PROMPT),
    "prompt_use": both(OWNER, {}),
    "prompt_duplicate": post(OWNER),
    "prompt_delete": post(OWNER),
    "prompt_restore": post(OWNER, of={"prompt_id": "deleted_prompt"}),
    "reports": get(ANALYSTS),
    "worth_set": post(ADMINISTRATOR, {"value": "4.50"}),
    "experiments": get(ANALYSTS),
    "experiment": get(ANALYSTS),
    "experiment_start": post(
        ADMINISTRATOR,
        {
            "name": "Words",
            "setting": "system_prompt",
            "variant_a": "Briefly.",
            "variant_b": "At length.",
            "share_percent": "50",
        },
    ),
    "experiment_stop": post(ADMINISTRATOR),
    "report_download": get(ANALYSTS, of={"name": "report"}),
    "run_stop": post(OWNER, of={"run_id": "unfinished"}),
    "providers": get(ADMINISTRATOR),
    "response_cache": get(ADMINISTRATOR),
    "response_cache_change": post(ADMINISTRATOR, {"shared_scope": "site"}),
    "response_cache_empty": post(ADMINISTRATOR),
    "rehearsal": both(ADMINISTRATOR, {"fault": "wrong-key"}, asks=True),
    "endpoint_add": both(
        ADMINISTRATOR, {"name": "shed", "adapter": "openai", "base_url": "http://127.0.0.1:9", "default_model": "llama"}
    ),
    "endpoint_save": post(ADMINISTRATOR, {"base_url": "http://127.0.0.1:9", "default_model": "llama"}),
    "endpoint_test": post(ADMINISTRATOR),
    "endpoint_enable": post(ADMINISTRATOR),
    "endpoint_remove": post(ADMINISTRATOR),
    "endpoint_limit": post(ADMINISTRATOR, {"tiers": "free"}),
    "model_list": get(ADMINISTRATOR),
    "model_edit": both(ADMINISTRATOR, {"model_id": "alpaca"}),
    "model_forget": post(ADMINISTRATOR, {"model": "llama"}),
    # The lab is off.
    "models_ask": post(ADMINISTRATOR, asks=True, answers=409),
    "models_add": post(ADMINISTRATOR, {"model": "alpaca"}),
    "budgets": get(ADMINISTRATOR),
    "budget_create": post(ADMINISTRATOR, {"scope": "site", "period": "month", "unit": "tokens", "limit": "1000"}),
    "budget_change": post(ADMINISTRATOR, {"limit": "2000"}),
    "budget_enable": post(ADMINISTRATOR, of={"budget_id": "idle_budget"}),
    "budget_disable": post(ADMINISTRATOR),
    "budget_remove": post(ADMINISTRATOR),
    "usage": get(SIGNED_IN),
    "own_key_list": get(SIGNED_IN),
    # A key would be tried at the vendor's; none is asked for.
    "own_key_save": post(SIGNED_IN, asks=True, answers=422, of={"name": "own_key"}),
    "own_key_remove": post(OWNER, of={"name": "own_key"}),
    "session_list": get(SIGNED_IN),
    "session_end": post(OWNER),
    "other_sessions_end": post(SIGNED_IN),
    # Public by design, for whoever has the link; no password is chosen.
    "invitation_accept": both(EVERYBODY, {}, asks=True, of={"token": "invitation"}),
    # Public by design: the way in, and a page that leads elsewhere.
    "account_login": both(EVERYBODY, {}, asks=True),
    "admin/password_change/": both(EVERYBODY, {}, asks=True),
    # Its login tells who isn't of the staff that it is not for them.
    "admin:index": both(frozenset({"moderator", "analyst", "administrator"}), {}, asks=True, refuses="login"),
}
LEFT_OUT = {
    "accounts/": "allauth's: for visitors, and for each person's own account; tests/accounts walks through them",
    "admin/": "Django's: all of it is for administrators, which a test of its own says; its first page has a line",
}
