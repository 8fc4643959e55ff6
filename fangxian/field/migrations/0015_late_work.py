"""Late work: visits after a sweep was closed, files of others, decisions; what is held is kept in no history."""


import django.contrib.postgres.fields
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# What was decided on is not kept any longer.
FORGET = """
ALTER TABLE field_heldoperation NO FORCE ROW LEVEL SECURITY;
UPDATE field_heldoperation SET body = NULL WHERE state <> 'open' AND body IS NOT NULL;
ALTER TABLE field_heldoperation FORCE ROW LEVEL SECURITY;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('field', '0014_proofs'),
        ('regions', '0005_former_names'),
    ]

    operations = [
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='campaign',
            name='delete_delete',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='heldoperation',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='heldoperation',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='heldoperation',
            name='delete_delete',
        ),
        migrations.RunSQL(FORGET, migrations.RunSQL.noop),
        migrations.RemoveConstraint(
            model_name='dailyreport',
            name='report_once',
        ),
        migrations.RemoveField(
            model_name='heldoperationhistory',
            name='body',
        ),
        migrations.RemoveField(
            model_name='heldoperationhistory',
            name='reason',
        ),
        migrations.AddField(
            model_name='campaign',
            name='closed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='closed'),
        ),
        migrations.AddField(
            model_name='campaignhistory',
            name='closed_at',
            field=models.DateTimeField(blank=True, null=True, verbose_name='closed'),
        ),
        migrations.AddField(
            model_name='heldoperation',
            name='handed_by',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='heldoperationhistory',
            name='handed_by',
            field=models.UUIDField(null=True),
        ),
        migrations.AddField(
            model_name='operation',
            name='heard_at',
            field=models.DateTimeField(null=True),
        ),
        migrations.AddField(
            model_name='operation',
            name='members',
            field=django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=40), null=True, size=None),
        ),
        migrations.AlterField(
            model_name='heldoperation',
            name='why',
            field=models.CharField(choices=[('proof', 'nothing proves that the person named made it'), ('device', 'the phone was disabled'), ('account', 'the account is disabled or was never used on this phone'), ('right', 'the right is missing there now'), ('place', 'it lies outside the sender’s area now'), ('key', 'it came too late to be opened'), ('closed', 'its sweep was closed before it arrived'), ('handed', 'somebody else handed it in')], max_length=10, verbose_name='why'),
        ),
        migrations.AlterField(
            model_name='heldoperationhistory',
            name='why',
            field=models.CharField(choices=[('proof', 'nothing proves that the person named made it'), ('device', 'the phone was disabled'), ('account', 'the account is disabled or was never used on this phone'), ('right', 'the right is missing there now'), ('place', 'it lies outside the sender’s area now'), ('key', 'it came too late to be opened'), ('closed', 'its sweep was closed before it arrived'), ('handed', 'somebody else handed it in')], max_length=10, verbose_name='why'),
        ),
        migrations.AddIndex(
            model_name='heldoperation',
            index=models.Index(fields=['emergency_id'], name='held_emergency'),
        ),
        migrations.AddIndex(
            model_name='operation',
            index=models.Index(condition=models.Q(('members__isnull', False)), fields=['object_id'], name='operation_merged'),
        ),
        migrations.AddIndex(
            model_name='operation',
            index=models.Index(condition=models.Q(('proven', True)), fields=['device_id', 'seq'], name='operation_counted'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_campaignhistory" ("area_id", "closed_at", "created_at", "emergency_id", "ends_on", "every_door", "form_id", "group", "id", "made_by", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "report_at", "rule_version", "settled_at", "started_at", "starts_on", "state") SELECT new_values."area_id", new_values."closed_at", new_values."created_at", new_values."emergency_id", new_values."ends_on", new_values."every_door", new_values."form_id", new_values."group", new_values."id", new_values."made_by", new_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."report_at", new_values."rule_version", new_values."settled_at", new_values."started_at", new_values."starts_on", new_values."state" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='89f6c0ed84217952234d1f410344bc4191b02ffc', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_0634d', referencing='REFERENCING NEW TABLE AS new_values ', table='field_campaign', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_campaignhistory" ("area_id", "closed_at", "created_at", "emergency_id", "ends_on", "every_door", "form_id", "group", "id", "made_by", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "report_at", "rule_version", "settled_at", "started_at", "starts_on", "state") SELECT new_values."area_id", new_values."closed_at", new_values."created_at", new_values."emergency_id", new_values."ends_on", new_values."every_door", new_values."form_id", new_values."group", new_values."id", new_values."made_by", new_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."report_at", new_values."rule_version", new_values."settled_at", new_values."started_at", new_values."starts_on", new_values."state" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='27acb21f642b5c31b139a18261d180ddc79dc0fd', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_7123d', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='field_campaign', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='campaign',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_campaignhistory" ("area_id", "closed_at", "created_at", "emergency_id", "ends_on", "every_door", "form_id", "group", "id", "made_by", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "report_at", "rule_version", "settled_at", "started_at", "starts_on", "state") SELECT old_values."area_id", old_values."closed_at", old_values."created_at", old_values."emergency_id", old_values."ends_on", old_values."every_door", old_values."form_id", old_values."group", old_values."id", old_values."made_by", old_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."report_at", old_values."rule_version", old_values."settled_at", old_values."started_at", old_values."starts_on", old_values."state" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='95d9c63ed25f75781c84570fd998462956d435aa', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_97d5d', referencing='REFERENCING OLD TABLE AS old_values ', table='field_campaign', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='heldoperation',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_heldoperationhistory" ("captured_at", "created_at", "decided_at", "decided_by", "device_id", "emergency_id", "entity", "handed_by", "id", "op_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "state", "user_id", "why") SELECT new_values."captured_at", new_values."created_at", new_values."decided_at", new_values."decided_by", new_values."device_id", new_values."emergency_id", new_values."entity", new_values."handed_by", new_values."id", new_values."op_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."state", new_values."user_id", new_values."why" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='cf069d14f42bdd9fedfc0b3041dc5ffd0dc645d3', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_1a834', referencing='REFERENCING NEW TABLE AS new_values ', table='field_heldoperation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='heldoperation',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_heldoperationhistory" ("captured_at", "created_at", "decided_at", "decided_by", "device_id", "emergency_id", "entity", "handed_by", "id", "op_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "state", "user_id", "why") SELECT new_values."captured_at", new_values."created_at", new_values."decided_at", new_values."decided_by", new_values."device_id", new_values."emergency_id", new_values."entity", new_values."handed_by", new_values."id", new_values."op_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."state", new_values."user_id", new_values."why" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."captured_at" IS DISTINCT FROM (new_values."captured_at") OR old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."decided_at" IS DISTINCT FROM (new_values."decided_at") OR old_values."decided_by" IS DISTINCT FROM (new_values."decided_by") OR old_values."device_id" IS DISTINCT FROM (new_values."device_id") OR old_values."emergency_id" IS DISTINCT FROM (new_values."emergency_id") OR old_values."entity" IS DISTINCT FROM (new_values."entity") OR old_values."handed_by" IS DISTINCT FROM (new_values."handed_by") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."op_id" IS DISTINCT FROM (new_values."op_id") OR old_values."place_code" IS DISTINCT FROM (new_values."place_code") OR old_values."state" IS DISTINCT FROM (new_values."state") OR old_values."user_id" IS DISTINCT FROM (new_values."user_id") OR old_values."why" IS DISTINCT FROM (new_values."why")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='58e13c8811549e432aab139731c8e87155e1fc22', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_6604e', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='field_heldoperation', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='heldoperation',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_heldoperationhistory" ("captured_at", "created_at", "decided_at", "decided_by", "device_id", "emergency_id", "entity", "handed_by", "id", "op_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "state", "user_id", "why") SELECT old_values."captured_at", old_values."created_at", old_values."decided_at", old_values."decided_by", old_values."device_id", old_values."emergency_id", old_values."entity", old_values."handed_by", old_values."id", old_values."op_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."state", old_values."user_id", old_values."why" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='8a14df0d0dcfe3b6c6c0ea78fcda576a8a1d5fc8', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_ee9be', referencing='REFERENCING OLD TABLE AS old_values ', table='field_heldoperation', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='dailyreport',
            constraint=models.UniqueConstraint(condition=models.Q(('closing', False)), fields=('campaign', 'place', 'day'), name='report_once'),
        ),
        migrations.AddConstraint(
            model_name='dailyreport',
            constraint=models.UniqueConstraint(condition=models.Q(('closing', True)), fields=('campaign', 'place', 'due_at'), name='report_closing_once'),
        ),
    ]
