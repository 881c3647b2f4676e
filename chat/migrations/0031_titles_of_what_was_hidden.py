from collections import defaultdict

from django.db import migrations
from django.utils.translation import gettext, override

AT_ONCE = 200


def forget_what_told_of_hidden(apps, schema_editor):
    """Messages that were hidden first left titles, topics and suggestions that were made of them. Titles are made anew by
    the sweep that makes those that are missing."""
    Conversation = apps.get_model("chat", "Conversation")
    hidden = apps.get_model("chat", "Message").objects.filter(hidden_at__isnull=False)
    ids = hidden.order_by("conversation").values_list("conversation", flat=True).distinct()
    for conversation in Conversation.objects.filter(id__in=list(ids)).select_related("owner").iterator(AT_ONCE):
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
    return title_of_question(first.text or files.values_list("name", flat=True).first() or otherwise)


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
        if answer.id in below and answer.metadata.get("follow_ups"):
            answer.metadata["follow_ups"] = []
            answer.save(update_fields=["metadata"])


class Migration(migrations.Migration):
    dependencies = [("chat", "0030_appeal_same_judge")]

    operations = [migrations.RunPython(forget_what_told_of_hidden, migrations.RunPython.noop)]
