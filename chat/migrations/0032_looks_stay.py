import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models
from django.db.models import OuterRef, Subquery


def name_owners(apps, schema_editor):
    """Looks are told to them, also once the conversation is gone."""
    Look = apps.get_model("chat", "Look")
    Conversation = apps.get_model("chat", "Conversation")
    owner = Conversation.objects.filter(id=OuterRef("conversation")).values("owner")
    Look.objects.filter(owner=None).update(owner=Subquery(owner))


class Migration(migrations.Migration):
    dependencies = [
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
        ("chat", "0031_titles_of_what_was_hidden"),
    ]

    operations = [
        migrations.AddField(
            "look",
            "owner",
            models.ForeignKey(
                null=True,
                on_delete=django.db.models.deletion.CASCADE,
                related_name="+",
                to=settings.AUTH_USER_MODEL,
                verbose_name="owner",
            ),
        ),
        migrations.AlterField(
            "look",
            "conversation",
            models.ForeignKey(
                blank=True,
                null=True,
                on_delete=django.db.models.deletion.SET_NULL,
                related_name="looks",
                to="chat.conversation",
            ),
        ),
        migrations.RunPython(name_owners, migrations.RunPython.noop),
    ]
