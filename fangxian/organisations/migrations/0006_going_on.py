"""Ends name their cause, so that each can be taken back; who of the residents is in the party."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# The owner is bound by row-level security too.
COPY = """
SELECT set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
UPDATE organisations_member SET ended_by = 'death' WHERE ended_by_death;
UPDATE organisations_responsibility SET ended_by = 'death' WHERE ended_by_death;
UPDATE organisations_memberhistory SET ended_by = 'death' WHERE ended_by_death;
UPDATE organisations_responsibilityhistory SET ended_by = 'death' WHERE ended_by_death;
SELECT set_config('fangxian.lo', '', true), set_config('fangxian.hi', '', true);
"""

# Who asks learns it of people who live in his own area, and neither of which organisation nor where
# it sits. It runs as the schema's owner, who is bound by row-level security too, with the range of
# the whole country while it looks for memberships; an error takes the range back.
PARTY = """
CREATE FUNCTION organisations_party(persons uuid[]) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
    here uuid[];
BEGIN
    SELECT array_agg(DISTINCT l.person_id) INTO here FROM register_residency l
    WHERE l.person_id = ANY (persons) AND l.to_date IS NULL
      AND l.place_code >= lo AND l.place_code < hi;
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    RETURN QUERY
    SELECT DISTINCT m.person_id FROM organisations_member m
    WHERE m.person_id = ANY (here) AND m.party_member AND m.to_date IS NULL;
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0001_squashed_0005_name_once_below_a_parent'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='member',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='member',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='member',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='responsibility',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='responsibility',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='responsibility',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='member',
            name='ended_by',
            field=models.CharField(blank=True, choices=[('death', 'the holder’s death'), ('move', 'the holder moved away'), ('leaving', 'the membership ended'), ('dissolution', 'the organisation was dissolved')], db_default='', default='', editable=False, max_length=12),
        ),
        migrations.AddField(
            model_name='memberhistory',
            name='ended_by',
            field=models.CharField(blank=True, choices=[('death', 'the holder’s death'), ('move', 'the holder moved away'), ('leaving', 'the membership ended'), ('dissolution', 'the organisation was dissolved')], db_default='', default='', editable=False, max_length=12),
        ),
        migrations.AddField(
            model_name='responsibility',
            name='ended_by',
            field=models.CharField(blank=True, choices=[('death', 'the holder’s death'), ('move', 'the holder moved away'), ('leaving', 'the membership ended'), ('dissolution', 'the organisation was dissolved')], db_default='', default='', editable=False, max_length=12, verbose_name='ended by'),
        ),
        migrations.AddField(
            model_name='responsibilityhistory',
            name='ended_by',
            field=models.CharField(blank=True, choices=[('death', 'the holder’s death'), ('move', 'the holder moved away'), ('leaving', 'the membership ended'), ('dissolution', 'the organisation was dissolved')], db_default='', default='', editable=False, max_length=12, verbose_name='ended by'),
        ),
        migrations.RunSQL(COPY, migrations.RunSQL.noop),
        migrations.RunSQL(PARTY, 'DROP FUNCTION organisations_party(uuid[])'),
        migrations.RemoveField(
            model_name='member',
            name='ended_by_death',
        ),
        migrations.RemoveField(
            model_name='memberhistory',
            name='ended_by_death',
        ),
        migrations.RemoveField(
            model_name='responsibility',
            name='ended_by_death',
        ),
        migrations.RemoveField(
            model_name='responsibilityhistory',
            name='ended_by_death',
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='member',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_memberhistory" ("created_at", "duty", "ended_by", "from_date", "id", "organisation_id", "party_member", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "to_date") SELECT new_values."created_at", new_values."duty", new_values."ended_by", new_values."from_date", new_values."id", new_values."organisation_id", new_values."party_member", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."rank", new_values."to_date" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='9eb67ae720e862e9b66616fd185206561c219fad', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_cd2e1', referencing='REFERENCING NEW TABLE AS new_values ', table='organisations_member', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='member',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_memberhistory" ("created_at", "duty", "ended_by", "from_date", "id", "organisation_id", "party_member", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "to_date") SELECT new_values."created_at", new_values."duty", new_values."ended_by", new_values."from_date", new_values."id", new_values."organisation_id", new_values."party_member", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."rank", new_values."to_date" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='fcdc7df68ac54eca23174bd7038e4171c8449d5d', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_a3ed8', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='organisations_member', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='member',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_memberhistory" ("created_at", "duty", "ended_by", "from_date", "id", "organisation_id", "party_member", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "to_date") SELECT old_values."created_at", old_values."duty", old_values."ended_by", old_values."from_date", old_values."id", old_values."organisation_id", old_values."party_member", old_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."rank", old_values."to_date" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='739b0abae315085b5f01aad864b9c74ad0e28889', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_abf57', referencing='REFERENCING OLD TABLE AS old_values ', table='organisations_member', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='responsibility',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_responsibilityhistory" ("contact", "created_at", "cut_for_id", "cut_until", "ended_by", "establishment_id", "from_date", "holder_name", "id", "member_id", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "place_id", "reason", "role", "rule_version", "substitute_for_id", "to_date") SELECT new_values."contact", new_values."created_at", new_values."cut_for_id", new_values."cut_until", new_values."ended_by", new_values."establishment_id", new_values."from_date", new_values."holder_name", new_values."id", new_values."member_id", new_values."organisation_id", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."place_id", new_values."reason", new_values."role", new_values."rule_version", new_values."substitute_for_id", new_values."to_date" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='eeb53cc86f4e20be49cb08e371c32c43eda23de4', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_545ea', referencing='REFERENCING NEW TABLE AS new_values ', table='organisations_responsibility', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='responsibility',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_responsibilityhistory" ("contact", "created_at", "cut_for_id", "cut_until", "ended_by", "establishment_id", "from_date", "holder_name", "id", "member_id", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "place_id", "reason", "role", "rule_version", "substitute_for_id", "to_date") SELECT new_values."contact", new_values."created_at", new_values."cut_for_id", new_values."cut_until", new_values."ended_by", new_values."establishment_id", new_values."from_date", new_values."holder_name", new_values."id", new_values."member_id", new_values."organisation_id", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."place_id", new_values."reason", new_values."role", new_values."rule_version", new_values."substitute_for_id", new_values."to_date" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='2c28547952a9f51b1b3fdf2223dc0dabbd88a1f2', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_e40b6', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='organisations_responsibility', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='responsibility',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_responsibilityhistory" ("contact", "created_at", "cut_for_id", "cut_until", "ended_by", "establishment_id", "from_date", "holder_name", "id", "member_id", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "place_id", "reason", "role", "rule_version", "substitute_for_id", "to_date") SELECT old_values."contact", old_values."created_at", old_values."cut_for_id", old_values."cut_until", old_values."ended_by", old_values."establishment_id", old_values."from_date", old_values."holder_name", old_values."id", old_values."member_id", old_values."organisation_id", old_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."place_id", old_values."reason", old_values."role", old_values."rule_version", old_values."substitute_for_id", old_values."to_date" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='deb76e3cd196afa8e4a065e8055dfc3486718520', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_a0f16', referencing='REFERENCING OLD TABLE AS old_values ', table='organisations_responsibility', when='AFTER')),
        ),
    ]
