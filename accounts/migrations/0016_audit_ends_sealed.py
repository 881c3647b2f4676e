"""The audit log's ends get their seal."""

from django.db import migrations, models

from accounts.audit.chain import seal_ends


def seal(apps, schema_editor):
    for head in apps.get_model("accounts", "AuditHead").objects.using(schema_editor.connection.alias):
        if head.last_number:
            seal_ends(head)
            head.save(update_fields=["seal"])


class Migration(migrations.Migration):

    dependencies = [
        ("accounts", "0015_privacy"),
    ]

    operations = [
        migrations.AddField(
            model_name="audithead",
            name="seal",
            field=models.CharField(blank=True, max_length=64),
        ),
        migrations.RunPython(seal, migrations.RunPython.noop),
    ]
