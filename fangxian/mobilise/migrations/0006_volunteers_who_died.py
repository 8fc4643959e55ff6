"""A volunteer whose service a death has ended serves on when that is taken back."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mobilise', '0005_aid'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='volunteer',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='volunteer',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='volunteer',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='volunteer',
            name='ended_by_death',
            field=models.BooleanField(default=False, editable=False),
        ),
        migrations.AddField(
            model_name='volunteerhistory',
            name='ended_by_death',
            field=models.BooleanField(default=False, editable=False),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='volunteer',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_volunteerhistory" ("created_at", "echelon", "ended_by_death", "fit", "from_date", "id", "link_round", "name", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "to_date", "vehicle") SELECT new_values."created_at", new_values."echelon", new_values."ended_by_death", new_values."fit", new_values."from_date", new_values."id", new_values."link_round", new_values."name", new_values."organisation_id", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."rank", new_values."to_date", new_values."vehicle" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='c0ba5286476266625aa25c71ada4caf3ee5001bc', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_b6e0e', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_volunteer', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='volunteer',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_volunteerhistory" ("created_at", "echelon", "ended_by_death", "fit", "from_date", "id", "link_round", "name", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "to_date", "vehicle") SELECT new_values."created_at", new_values."echelon", new_values."ended_by_death", new_values."fit", new_values."from_date", new_values."id", new_values."link_round", new_values."name", new_values."organisation_id", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."rank", new_values."to_date", new_values."vehicle" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='6ae978cd193e02e10367570fea92385b9b75265b', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_7a135', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_volunteer', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='volunteer',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_volunteerhistory" ("created_at", "echelon", "ended_by_death", "fit", "from_date", "id", "link_round", "name", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "to_date", "vehicle") SELECT old_values."created_at", old_values."echelon", old_values."ended_by_death", old_values."fit", old_values."from_date", old_values."id", old_values."link_round", old_values."name", old_values."organisation_id", old_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."rank", old_values."to_date", old_values."vehicle" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='8868cb78348b8bf1507f807b448a9f2f04edab25', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_90269', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_volunteer', when='AFTER')),
        ),
    ]
