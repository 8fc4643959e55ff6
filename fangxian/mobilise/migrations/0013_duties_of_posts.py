"""A post's own list of duties, and what of it was done on a turn."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mobilise", "0012_second_person_and_away")]

    operations = [
        migrations.AddField(
            model_name="post",
            name="duties",
            field=models.JSONField(blank=True, default=list, verbose_name="duties"),
        ),
        migrations.AddField(
            model_name="turn",
            name="done",
            field=models.JSONField(blank=True, default=dict, verbose_name="duties done"),
        ),
    ]
