from django.db import migrations


def index_what_is_not(apps, schema_editor):
    """Before the titles' entries had topics, the index was filled as it was made."""
    from chat.models import SearchEntry
    from chat.search import index

    if not SearchEntry.objects.exists():
        index.make_triggers()
        index.rebuild()
        # They go again, for the migrations that follow.
        index.drop_triggers()


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0016_entities_and_topics'),
    ]

    operations = [
        migrations.RunPython(index_what_is_not, migrations.RunPython.noop),
    ]
