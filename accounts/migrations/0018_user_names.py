from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [
        ("accounts", "0017_team_tiers"),
    ]

    operations = [
        migrations.AlterModelOptions(
            name="user",
            options={"verbose_name": "user", "verbose_name_plural": "users"},
        ),
    ]
