"""What a task did is kept as counts. The sentences that were kept before can't be told apart into them; a task's last
runs are made again within the hour."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [
        ("chat", "0020_attachments_go_unread"),
    ]

    operations = [
        migrations.RemoveField(model_name="taskrun", name="said"),
        migrations.AddField(model_name="taskrun", name="did", field=models.JSONField(default=dict)),
    ]
