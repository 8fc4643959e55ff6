"""A claim that a unit makes by itself waits until the community confirms it."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0010_together'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='claim',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='claim',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='claim',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='claim',
            name='waits',
            field=models.BooleanField(default=False, verbose_name='waits for the community'),
        ),
        migrations.AddField(
            model_name='claimhistory',
            name='waits',
            field=models.BooleanField(default=False, verbose_name='waits for the community'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claim',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_claimhistory" ("claimed_on", "created_at", "done_on", "given_up_on", "id", "item_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "report_id", "result", "waits") SELECT new_values."claimed_on", new_values."created_at", new_values."done_on", new_values."given_up_on", new_values."id", new_values."item_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."report_id", new_values."result", new_values."waits" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='58027da21f77816ac888f7798054f82d9220085d', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_bfe19', referencing='REFERENCING NEW TABLE AS new_values ', table='organisations_claim', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claim',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_claimhistory" ("claimed_on", "created_at", "done_on", "given_up_on", "id", "item_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "report_id", "result", "waits") SELECT new_values."claimed_on", new_values."created_at", new_values."done_on", new_values."given_up_on", new_values."id", new_values."item_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."report_id", new_values."result", new_values."waits" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='fc3dca556e6d1186d88167dd86fd6fdc7cda6e14', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_0da5d', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='organisations_claim', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='claim',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_claimhistory" ("claimed_on", "created_at", "done_on", "given_up_on", "id", "item_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "report_id", "result", "waits") SELECT old_values."claimed_on", old_values."created_at", old_values."done_on", old_values."given_up_on", old_values."id", old_values."item_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."report_id", old_values."result", old_values."waits" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='05551c30c087815dba8b3fc93f44fa7aebfd5e91', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_d476f', referencing='REFERENCING OLD TABLE AS old_values ', table='organisations_claim', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='claim',
            constraint=models.CheckConstraint(condition=models.Q(('waits', False), ('done_on', None), _connector='OR'), name='claim_confirmed_before_done'),
        ),
    ]
