"""Where somebody checked in, if he chose to say so."""

import django.db.models.deletion
from django.db import migrations, models

import fangxian.common.fields
import fangxian.common.ids


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_squashed_0009_daily_runs"),
        ("mobilise", "0013_duties_of_posts"),
    ]

    operations = [
        migrations.CreateModel(
            name="Whereabouts",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=fangxian.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "emergency",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.emergency",
                    ),
                ),
                (
                    "position",
                    fangxian.common.fields.SealedTextField(
                        column="mobilise.whereabouts.position",
                        editable=True,
                        emergency="emergency_id",
                        verbose_name="position",
                    ),
                ),
                (
                    "turn",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="whereabouts",
                        to="mobilise.turn",
                    ),
                ),
            ],
            options={
                "verbose_name": "position at check-in",
                "verbose_name_plural": "positions at check-in",
            },
        ),
    ]
