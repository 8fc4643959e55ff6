from django.db import migrations, models

WHY = [
    ("proof", "nothing proves that the person named made it"),
    ("device", "the phone was disabled"),
    ("account", "the account is disabled or was never used on this phone"),
    ("right", "the right is missing there now"),
    ("place", "it lies outside the sender’s area now"),
    ("key", "it came too late to be opened"),
]


class Migration(migrations.Migration):
    dependencies = [
        ("field", "0013_photos"),
    ]

    operations = [
        migrations.AddField(
            model_name="operation",
            name="proven",
            field=models.BooleanField(default=False),
        ),
        migrations.AddField(
            model_name="photoupload",
            name="proof",
            field=models.BinaryField(default=b"", max_length=32),
        ),
        *(
            migrations.AlterField(
                model_name=model,
                name="why",
                field=models.CharField(choices=WHY, max_length=10, verbose_name="why"),
            )
            for model in ("heldoperation", "heldoperationhistory")
        ),
    ]
