from django.db import migrations


def name_each_link(apps, schema_editor):
    """A report of a link named the first one alone."""
    Flag = apps.get_model("chat", "Flag")
    for flag in Flag.objects.filter(source="user", message=None):
        if "share" in flag.details:
            flag.details["shares"] = [flag.details.pop("share")]
            flag.save(update_fields=["details"])


class Migration(migrations.Migration):
    dependencies = [("chat", "0027_message_checks")]

    operations = [migrations.RunPython(name_each_link, migrations.RunPython.noop)]
