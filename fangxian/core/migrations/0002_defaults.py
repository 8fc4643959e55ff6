"""Deltas churn, and the first epoch: what the models can't say."""

from __future__ import annotations

import uuid

from django.db import migrations

# Thousands of deltas a second are added and folded away: dead ones must go before they pile up in
# the index, whatever the size of the table says.
CHURN = """
ALTER TABLE core_counterdelta SET (
    autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_scale_factor = 0,
    autovacuum_vacuum_insert_threshold = -1,
    autovacuum_analyze_threshold = 100000000, autovacuum_vacuum_cost_delay = 0
);
ALTER TABLE core_nodestat SET (
    fillfactor = 70, autovacuum_vacuum_scale_factor = 0.05, autovacuum_vacuum_cost_delay = 0
);
-- Ciphertext does not compress; don't try.
ALTER TABLE core_filechunk ALTER COLUMN content SET STORAGE EXTERNAL;
"""


def begin_epoch(apps, schema_editor):
    epoch = apps.get_model("core", "ServerEpoch")
    epoch.objects.using(schema_editor.connection.alias).get_or_create(
        one=True, defaults={"epoch": uuid.uuid4()}
    )


class Migration(migrations.Migration):
    dependencies = [("core", "0001_initial")]

    operations = [
        migrations.RunSQL(CHURN, migrations.RunSQL.noop),
        migrations.RunPython(begin_epoch, migrations.RunPython.noop),
    ]
