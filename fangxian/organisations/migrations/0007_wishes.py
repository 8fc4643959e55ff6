"""Members say where they wish to serve; proposals of residents read it of residents."""

import django.db.models.deletion
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# Who asks learns it of people who live in his own area, and of wishes for places in that area or
# around it; neither of which organisation nor where it sits. It runs as the schema's owner, who is
# bound by row-level security too, with the range of the whole country while it looks for
# memberships; an error takes the range back.
WISHES = """
CREATE FUNCTION organisations_wishes(persons uuid[]) RETURNS TABLE (person uuid, place uuid)
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
    SELECT DISTINCT m.person_id, m.wish_id FROM organisations_member m
    JOIN regions_region p ON p.id = m.wish_id
    WHERE m.person_id = ANY (here) AND m.to_date IS NULL
      AND (p.code >= lo AND p.code < hi OR starts_with(lo, p.code));
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('organisations', '0006_going_on'),
        ('regions', '0005_former_names'),
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
        migrations.AddField(
            model_name='member',
            name='wish',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.region', verbose_name='wishes to serve at'),
        ),
        migrations.AddField(
            model_name='memberhistory',
            name='wish',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region', verbose_name='wishes to serve at'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='member',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_memberhistory" ("created_at", "duty", "ended_by", "from_date", "id", "organisation_id", "party_member", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "to_date", "wish_id") SELECT new_values."created_at", new_values."duty", new_values."ended_by", new_values."from_date", new_values."id", new_values."organisation_id", new_values."party_member", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."rank", new_values."to_date", new_values."wish_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='ac5ca289adc5fac0b1ede44c7e5d50cf8ed7bb62', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_cd2e1', referencing='REFERENCING NEW TABLE AS new_values ', table='organisations_member', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='member',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_memberhistory" ("created_at", "duty", "ended_by", "from_date", "id", "organisation_id", "party_member", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "to_date", "wish_id") SELECT new_values."created_at", new_values."duty", new_values."ended_by", new_values."from_date", new_values."id", new_values."organisation_id", new_values."party_member", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."rank", new_values."to_date", new_values."wish_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='0b4b27139a4c295bb22261b7c6a9e39fb6a552b2', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_a3ed8', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='organisations_member', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='member',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_memberhistory" ("created_at", "duty", "ended_by", "from_date", "id", "organisation_id", "party_member", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "to_date", "wish_id") SELECT old_values."created_at", old_values."duty", old_values."ended_by", old_values."from_date", old_values."id", old_values."organisation_id", old_values."party_member", old_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."rank", old_values."to_date", old_values."wish_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='dd93758b60871afafb8f4b823d036c1189eff545', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_abf57', referencing='REFERENCING OLD TABLE AS old_values ', table='organisations_member', when='AFTER')),
        ),
        migrations.RunSQL(WISHES, 'DROP FUNCTION organisations_wishes(uuid[])'),
    ]
