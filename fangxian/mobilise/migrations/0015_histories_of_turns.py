"""What posts and turns have got since is kept in their histories too."""

import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mobilise', '0014_whereabouts'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='post',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='post',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='post',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='turn',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='turn',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='turn',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='posthistory',
            name='duties',
            field=models.JSONField(blank=True, default=list, verbose_name='duties'),
        ),
        migrations.AddField(
            model_name='turnhistory',
            name='asked_by',
            field=models.CharField(blank=True, max_length=80, verbose_name='asked by'),
        ),
        migrations.AddField(
            model_name='turnhistory',
            name='done',
            field=models.JSONField(blank=True, default=dict, verbose_name='duties done'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='post',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_posthistory" ("closed_on", "created_at", "duties", "emergency_id", "id", "kind", "made_by", "name", "opened_on", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "token") SELECT new_values."closed_on", new_values."created_at", new_values."duties", new_values."emergency_id", new_values."id", new_values."kind", new_values."made_by", new_values."name", new_values."opened_on", new_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."token" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='211a0036b7bf74a8c0a0a7c475a0894dbcccb562', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_978fe', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_post', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='post',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_posthistory" ("closed_on", "created_at", "duties", "emergency_id", "id", "kind", "made_by", "name", "opened_on", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "token") SELECT new_values."closed_on", new_values."created_at", new_values."duties", new_values."emergency_id", new_values."id", new_values."kind", new_values."made_by", new_values."name", new_values."opened_on", new_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."token" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='91dd761aa768269d3b0627fc5d377196ab10b2a4', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_d1de6', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_post', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='post',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_posthistory" ("closed_on", "created_at", "duties", "emergency_id", "id", "kind", "made_by", "name", "opened_on", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "token") SELECT old_values."closed_on", old_values."created_at", old_values."duties", old_values."emergency_id", old_values."id", old_values."kind", old_values."made_by", old_values."name", old_values."opened_on", old_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."token" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='e911ff200a507d84483cd1c2e134486c158ce88b', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_47652', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_post', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='turn',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_turnhistory" ("allowed", "allowed_by", "allowed_for", "asked_at", "asked_by", "came_at", "created_at", "done", "emergency_id", "ended_at", "for_turn_id", "id", "minutes", "note", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "shift_id", "source", "state", "volunteer_id", "went_at") SELECT new_values."allowed", new_values."allowed_by", new_values."allowed_for", new_values."asked_at", new_values."asked_by", new_values."came_at", new_values."created_at", new_values."done", new_values."emergency_id", new_values."ended_at", new_values."for_turn_id", new_values."id", new_values."minutes", new_values."note", new_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."shift_id", new_values."source", new_values."state", new_values."volunteer_id", new_values."went_at" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='d4daa00443b2ac707432f58da732a909f88afe10', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_47a91', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_turn', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='turn',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_turnhistory" ("allowed", "allowed_by", "allowed_for", "asked_at", "asked_by", "came_at", "created_at", "done", "emergency_id", "ended_at", "for_turn_id", "id", "minutes", "note", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "shift_id", "source", "state", "volunteer_id", "went_at") SELECT new_values."allowed", new_values."allowed_by", new_values."allowed_for", new_values."asked_at", new_values."asked_by", new_values."came_at", new_values."created_at", new_values."done", new_values."emergency_id", new_values."ended_at", new_values."for_turn_id", new_values."id", new_values."minutes", new_values."note", new_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."shift_id", new_values."source", new_values."state", new_values."volunteer_id", new_values."went_at" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='e92a7e2f6d8457ad8b448c53b40048688461cfe0', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_ed003', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_turn', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='turn',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_turnhistory" ("allowed", "allowed_by", "allowed_for", "asked_at", "asked_by", "came_at", "created_at", "done", "emergency_id", "ended_at", "for_turn_id", "id", "minutes", "note", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "shift_id", "source", "state", "volunteer_id", "went_at") SELECT old_values."allowed", old_values."allowed_by", old_values."allowed_for", old_values."asked_at", old_values."asked_by", old_values."came_at", old_values."created_at", old_values."done", old_values."emergency_id", old_values."ended_at", old_values."for_turn_id", old_values."id", old_values."minutes", old_values."note", old_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."shift_id", old_values."source", old_values."state", old_values."volunteer_id", old_values."went_at" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='8bb937ea4e731b9e6034c8f69a40f90ccb995b01', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_97480', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_turn', when='AFTER')),
        ),
    ]
