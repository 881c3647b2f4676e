from django.db import migrations, models


def roll_up_anew(apps, schema_editor):
    """The sums of days that were rolled up lack how long answers took: they count as out of date."""
    apps.get_model("providers", "RolledDay").objects.update(lines=0)


SUMS = ("timed_calls", "first_token_ms")
TABLES = ("usageday", "usagedaybycall", "usagedaybypayer")


class Migration(migrations.Migration):

    dependencies = [
        ("providers", "0012_attempt_source"),
    ]

    operations = [
        *(
            migrations.AddField(model_name=table, name=name, field=models.PositiveBigIntegerField(default=0))
            for table in TABLES
            for name in SUMS
        ),
        migrations.AddIndex(
            model_name="attempt",
            index=models.Index(
                condition=models.Q(("reason", "fallback")), fields=["started_at"], name="attempt_fallback"
            ),
        ),
        migrations.RunPython(roll_up_anew, migrations.RunPython.noop, elidable=True),
    ]
