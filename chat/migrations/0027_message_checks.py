import django.utils.timezone
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('chat', '0026_guard_policies'),
    ]

    operations = [
        migrations.RenameModel(old_name='KeywordCheck', new_name='MessageCheck'),
        migrations.RenameField(model_name='messagecheck', old_name='requested_at', new_name='due_at'),
        migrations.AlterField(
            model_name='messagecheck',
            name='due_at',
            field=models.DateTimeField(db_index=True, default=django.utils.timezone.now, editable=False),
        ),
        migrations.AddField(
            model_name='messagecheck',
            name='attempts',
            field=models.PositiveSmallIntegerField(default=0),
        ),
    ]
