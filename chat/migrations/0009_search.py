import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import chat.models.search_entry


def make(apps, schema_editor):
    from chat.search import index

    # Filled by 0021, when there is all that its triggers name.
    index.make_index()


def drop(apps, schema_editor):
    from chat.search import index

    index.drop_index()


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0008_organising'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name='SearchEntry',
            fields=[
                ('id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('model', models.CharField(blank=True, max_length=200)),
                ('words', chat.models.search_entry.WordsField()),
                ('conversation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='chat.conversation')),
                ('message', models.OneToOneField(db_constraint=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to='chat.message')),
                ('owner', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'indexes': [models.Index(fields=['owner', '-id'], name='search_entry_newest'), models.Index(condition=models.Q(('model', ''), _negated=True), fields=['owner', 'model'], name='search_entry_models')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('message', None)), fields=('conversation',), name='search_entry_one_title')],
            },
        ),
        migrations.RunPython(make, drop),
    ]
