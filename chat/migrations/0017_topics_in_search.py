from django.db import migrations


class Migration(migrations.Migration):
    """Filled the index with topics; 0021 does, when there is all that its triggers name."""

    dependencies = [
        ('chat', '0016_entities_and_topics'),
    ]

    operations = []
