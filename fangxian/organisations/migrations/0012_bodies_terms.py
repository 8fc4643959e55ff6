"""When a leadership was elected; who left an alliance because that ended."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


# Who left on the day an alliance ended, or after it, is taken to have left with it.
LEFT = """
ALTER TABLE organisations_ally NO FORCE ROW LEVEL SECURITY;
ALTER TABLE organisations_alliance NO FORCE ROW LEVEL SECURITY;
UPDATE organisations_ally x SET with_alliance = true WHERE x.id IN (
    SELECT DISTINCT ON (y.alliance_id, y.organisation_id) y.id
    FROM organisations_ally y JOIN organisations_alliance b ON b.id = y.alliance_id
    WHERE y.to_date >= b.to_date
    ORDER BY y.alliance_id, y.organisation_id, y.id DESC);
ALTER TABLE organisations_ally FORCE ROW LEVEL SECURITY;
ALTER TABLE organisations_alliance FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0011_claims_that_wait'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='ally',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='ally',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='ally',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='organisation',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='organisation',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='organisation',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='ally',
            name='with_alliance',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name='allyhistory',
            name='with_alliance',
            field=models.BooleanField(db_default=False, default=False, editable=False),
        ),
        migrations.AddField(
            model_name='organisation',
            name='elected_on',
            field=models.DateField(blank=True, null=True, verbose_name='leadership elected on'),
        ),
        migrations.AddField(
            model_name='organisationhistory',
            name='elected_on',
            field=models.DateField(blank=True, null=True, verbose_name='leadership elected on'),
        ),
        migrations.RunSQL(LEFT, migrations.RunSQL.noop),
        pgtrigger.migrations.AddTrigger(
            model_name='ally',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_allyhistory" ("alliance_id", "created_at", "from_date", "id", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "role", "to_date", "with_alliance") SELECT new_values."alliance_id", new_values."created_at", new_values."from_date", new_values."id", new_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."role", new_values."to_date", new_values."with_alliance" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='be70ac9907b3a504d419bc25cf9138fd08e57c88', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_ea768', referencing='REFERENCING NEW TABLE AS new_values ', table='organisations_ally', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ally',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_allyhistory" ("alliance_id", "created_at", "from_date", "id", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "role", "to_date", "with_alliance") SELECT new_values."alliance_id", new_values."created_at", new_values."from_date", new_values."id", new_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."role", new_values."to_date", new_values."with_alliance" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='a0e2acff5d0a501e5da21b6ff196b1d53787b7ee', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_9f0ca', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='organisations_ally', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='ally',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_allyhistory" ("alliance_id", "created_at", "from_date", "id", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "role", "to_date", "with_alliance") SELECT old_values."alliance_id", old_values."created_at", old_values."from_date", old_values."id", old_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."role", old_values."to_date", old_values."with_alliance" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='67fc0e00758dd1fc68bd0dcd954df949e903a477', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_947f3', referencing='REFERENCING OLD TABLE AS old_values ', table='organisations_ally', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='organisation',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_organisationhistory" ("created_at", "credit_code", "dissolved_on", "elected_on", "founded_on", "id", "initials", "kind_id", "name", "parent_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "seat_id", "short_name") SELECT new_values."created_at", new_values."credit_code", new_values."dissolved_on", new_values."elected_on", new_values."founded_on", new_values."id", new_values."initials", new_values."kind_id", new_values."name", new_values."parent_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."seat_id", new_values."short_name" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='3790dc165d2403dce1fc36f6b7a139415d7d90b6', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_040c9', referencing='REFERENCING NEW TABLE AS new_values ', table='organisations_organisation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='organisation',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_organisationhistory" ("created_at", "credit_code", "dissolved_on", "elected_on", "founded_on", "id", "initials", "kind_id", "name", "parent_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "seat_id", "short_name") SELECT new_values."created_at", new_values."credit_code", new_values."dissolved_on", new_values."elected_on", new_values."founded_on", new_values."id", new_values."initials", new_values."kind_id", new_values."name", new_values."parent_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."seat_id", new_values."short_name" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='255dd26b11069f75c62772b3181c7f8ddadef626', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_0b99b', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='organisations_organisation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='organisation',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_organisationhistory" ("created_at", "credit_code", "dissolved_on", "elected_on", "founded_on", "id", "initials", "kind_id", "name", "parent_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "seat_id", "short_name") SELECT old_values."created_at", old_values."credit_code", old_values."dissolved_on", old_values."elected_on", old_values."founded_on", old_values."id", old_values."initials", old_values."kind_id", old_values."name", old_values."parent_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."seat_id", old_values."short_name" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='bc432165e03d761d750f177d167d1dc7789456ef', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_57a4b', referencing='REFERENCING OLD TABLE AS old_values ', table='organisations_organisation', when='AFTER')),
        ),
    ]
