"""A placement knows what was lent for it."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mobilise', '0009_seats_of_lines'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='placement',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='placement',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='placement',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='placement',
            name='lent',
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
        migrations.AddField(
            model_name='placementhistory',
            name='lent',
            field=models.UUIDField(blank=True, editable=False, null=True),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='placement',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_placementhistory" ("created_at", "decided_at", "decided_by", "enlisted_id", "heads", "id", "lent", "line_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "pledge_id", "source", "state") SELECT new_values."created_at", new_values."decided_at", new_values."decided_by", new_values."enlisted_id", new_values."heads", new_values."id", new_values."lent", new_values."line_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."pledge_id", new_values."source", new_values."state" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='e85a6a478823afdf56a76e8acc015959a9055268', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_e4143', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_placement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='placement',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_placementhistory" ("created_at", "decided_at", "decided_by", "enlisted_id", "heads", "id", "lent", "line_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "pledge_id", "source", "state") SELECT new_values."created_at", new_values."decided_at", new_values."decided_by", new_values."enlisted_id", new_values."heads", new_values."id", new_values."lent", new_values."line_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."pledge_id", new_values."source", new_values."state" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='726f85c20dafed5981a29e74f70850f0d07d349a', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_e4636', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_placement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='placement',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_placementhistory" ("created_at", "decided_at", "decided_by", "enlisted_id", "heads", "id", "lent", "line_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "pledge_id", "source", "state") SELECT old_values."created_at", old_values."decided_at", old_values."decided_by", old_values."enlisted_id", old_values."heads", old_values."id", old_values."lent", old_values."line_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."pledge_id", old_values."source", old_values."state" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='62c1ff52e35559a3da14ca44525b040937366015', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_09dbf', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_placement', when='AFTER')),
        ),
    ]
