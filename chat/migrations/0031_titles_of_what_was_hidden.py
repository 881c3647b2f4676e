import json
from collections import defaultdict

from django.conf import settings
from django.db import migrations
from django.utils.translation import gettext, override

from convoscope.encrypted_content import Unreadable, from_stored, to_stored

AT_ONCE = 200
METADATA = "chat.Message.metadata"


def forget_what_told_of_hidden(apps, schema_editor):
    """Messages that were hidden first left titles, topics and suggestions that were made of them. Titles are made anew by
    the sweep that makes those that are missing."""
    Conversation = apps.get_model("chat", "Conversation")
    hidden = apps.get_model("chat", "Message").objects.filter(hidden_at__isnull=False)
    told = Conversation.objects.filter(id__in=hidden.values("conversation")).select_related("owner")
    for conversation in told.iterator(AT_ONCE):
        if conversation.title_source != "person":
            conversation.title, conversation.title_source = _title(apps, conversation), "question"
            conversation.save(update_fields=["title", "title_source"])
        apps.get_model("chat", "Share").objects.filter(conversation=conversation.id).update(title=conversation.title)
        # What was read since has given other topics.
        unread = apps.get_model("chat", "ConversationEntities").objects.filter(leaf=None, has_own_topics=False)
        if unread.filter(conversation=conversation.id).exists():
            Conversation.objects.filter(id=conversation.id).update(topics="")
        _forget_follow_ups(apps, conversation)


def _title(apps, conversation):
    from chat.actions.conversations import title_of_question

    there = apps.get_model("chat", "Message").objects.filter(conversation=conversation.id, deleted_at=None)
    first = there.filter(hidden_at=None, role="user").order_by("id").first()
    with override(conversation.owner.language):
        otherwise = gettext("New conversation")
    if first is None:
        return otherwise
    files = apps.get_model("chat", "Attachment").objects.filter(message=first.id).order_by("position")
    try:
        # These models give what is stored.
        said = from_stored(first.text.encode(), place="chat.Message.text").decode()
    except Unreadable:
        return otherwise
    return title_of_question(said or files.values_list("name", flat=True).first() or otherwise)


def _forget_follow_ups(apps, conversation):
    """Of hidden messages, and of those below them."""
    messages = apps.get_model("chat", "Message").objects.filter(conversation=conversation.id)
    children = defaultdict(list)
    for one, parent in messages.values_list("id", "parent"):
        children[parent].append(one)
    below, waiting = set(), list(messages.filter(hidden_at__isnull=False).values_list("id", flat=True))
    while waiting:
        one = waiting.pop()
        if one not in below:
            below.add(one)
            waiting += children[one]
    answers = messages.filter(role="assistant").only("metadata")
    for answer in answers.iterator(AT_ONCE):
        if answer.id in below and (metadata := _without_follow_ups(answer.metadata)) is not None:
            answer.metadata = metadata
            answer.save(update_fields=["metadata"])


def _without_follow_ups(stored):
    """As it is to be stored; None where there are none."""
    if isinstance(stored, str):
        try:
            stored = json.loads(from_stored(stored.encode(), place=METADATA))
        except Unreadable:
            # Should its key come back, they would tell of it.
            return {}
    if not stored.get("follow_ups"):
        return None
    kept = stored | {"follow_ups": []}
    return to_stored(json.dumps(kept).encode(), place=METADATA).decode() if settings.ENCRYPT_CONTENT else kept


class Migration(migrations.Migration):
    dependencies = [("chat", "0030_appeal_same_judge")]

    operations = [migrations.RunPython(forget_what_told_of_hidden, migrations.RunPython.noop)]
