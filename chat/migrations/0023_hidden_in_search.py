from django.db import migrations


def index_what_is_not(apps, schema_editor):
    """Before the entries of messages knew what is hidden, the index was filled as it was made."""
    from chat.models import SearchEntry
    from chat.search import index

    if not SearchEntry.objects.exists():
        index.make_triggers()
        index.rebuild()
        # They go again, for the migrations that follow.
        index.drop_triggers()


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0022_moderation'),
    ]

    operations = [
        migrations.RunPython(index_what_is_not, migrations.RunPython.noop),
    ]
