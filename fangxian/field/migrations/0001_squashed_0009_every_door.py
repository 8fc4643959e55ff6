"""The tables of the room, and its functions of the database: what must look across places."""

import django.db.models.deletion
import django.utils.timezone
import fangxian.common.fields
import fangxian.common.ids
import fangxian.common.operations
import pghistory.utils
import pgtrigger.compiler
from django.db import migrations, models

# Lets visits follow a household that was put elsewhere.
# Visits are only ever added, so it runs as the schema's owner, who is bound by the row-level
# security of the caller's area like everybody; it can put a visit only where its door lies.
FOLLOW = """
CREATE FUNCTION field_visits_follow(doors uuid[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    done bigint;
BEGIN
    UPDATE field_visit v SET place_code = t.place_code FROM field_target t
    WHERE t.id = ANY (doors) AND v.target_id = t.id AND v.place_code <> t.place_code;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END
$$;
"""
# Knows a repeat of a visit whose door has left the sender's area.
# It looks everywhere, and says only whether a visit of just this number and this content is there:
# who asks has sent that content.
RECORDED = """
CREATE FUNCTION field_recorded(ids uuid[], digests bytea[])
RETURNS TABLE (known_id uuid, known_digest bytea) LANGUAGE plpgsql AS $$
DECLARE
    lo text := current_setting('fangxian.lo', true);
    hi text := current_setting('fangxian.hi', true);
BEGIN
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    RETURN QUERY
        SELECT v.op_id, v.digest FROM unnest(ids, digests) AS sent (op_id, digest)
        JOIN field_visit v ON v.op_id = sent.op_id AND v.digest = sent.digest;
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""
# Reports count visits where their doors lay when they were received.
# A door that has left the place since is out of the reporter's sight: the function looks everywhere
# and tells sums alone, and only of a place whose report of that sweep the caller sees. The codes are
# those that the place has and had, without those that another place has taken over. The statement is
# handed over as text, so that it is planned for the span that is asked for.
REPORTED = """
CREATE FUNCTION field_reported(
    sweep uuid, place uuid, since timestamptz, upto timestamptz, closing text[]
) RETURNS TABLE (name text, n bigint) LANGUAGE plpgsql STABLE AS $$
DECLARE
    lo text := current_setting('fangxian.lo', true);
    hi text := current_setting('fangxian.hi', true);
BEGIN
    IF NOT EXISTS (
        SELECT 1 FROM field_dailyreport r WHERE r.campaign_id = sweep AND r.place_id = place
    ) THEN
        RETURN;
    END IF;
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    RETURN QUERY EXECUTE $q$
WITH own AS (
  SELECT r.code FROM regions_region r WHERE r.id = $2
  UNION
  SELECT f.code FROM regions_regioncode f WHERE f.region_id = $2
    AND NOT EXISTS (SELECT 1 FROM regions_region o WHERE o.code = f.code)
), seen AS MATERIALIZED (
  SELECT v.id, v.target_id, v.household_id, v.outcome, v.exceptions, v.created_at,
    EXISTS (SELECT 1 FROM field_visit c
            WHERE c.corrects_op_id = v.op_id AND c.created_at < $4) AS mistaken
  FROM field_visit v
  WHERE v.campaign_id = $1 AND v.created_at >= coalesce($3, '-infinity') AND v.created_at < $4
    AND EXISTS (SELECT 1 FROM own WHERE starts_with(v.code_then, own.code))
), parts (name, n) AS (
  SELECT 'visits', count(*) FROM seen WHERE NOT mistaken
  UNION ALL
  SELECT 'exceptions', coalesce(sum(exceptions), 0) FROM seen WHERE NOT mistaken
  UNION ALL
  SELECT 'households', count(DISTINCT household_id) FROM seen WHERE NOT mistaken
  UNION ALL
  SELECT 'taken_back', count(*) FROM field_visit c JOIN field_visit m ON m.op_id = c.corrects_op_id
  WHERE c.campaign_id = $1 AND c.created_at >= $3 AND c.created_at < $4 AND m.created_at < $3
    AND EXISTS (SELECT 1 FROM own WHERE starts_with(m.code_then, own.code))
  UNION ALL
  SELECT outcome, count(*) FROM seen WHERE NOT mistaken AND outcome <> ALL($5) GROUP BY outcome
  UNION ALL
  SELECT 'newly_covered', count(DISTINCT seen.target_id) FROM seen
  WHERE NOT mistaken AND outcome = ANY($5) AND NOT EXISTS (
    SELECT 1 FROM field_visit v WHERE v.target_id = seen.target_id
      AND v.outcome = ANY($5) AND v.created_at < seen.created_at
      AND NOT EXISTS (SELECT 1 FROM field_visit c WHERE c.corrects_op_id = v.op_id
                      AND c.created_at < CASE WHEN v.created_at < $3 THEN $3 ELSE $4 END))
)
SELECT parts.name, parts.n::bigint FROM parts
$q$ USING sweep, place, since, upto, closing;
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""


class Migration(migrations.Migration):

    replaces = [('field', '0001_initial'), ('field', '0002_functions'), ('field', '0003_lean_history'), ('field', '0004_spans'), ('field', '0005_recorded'), ('field', '0006_hot_rows'), ('field', '0007_closing_reports'), ('field', '0008_reported'), ('field', '0009_every_door')]

    initial = True

    dependencies = [
        ('core', '0001_squashed_0009_daily_runs'),
        ('regions', '0001_squashed_0004_movable'),
        ('register', '0001_squashed_0006_by_door'),
    ]

    operations = [
        fangxian.common.operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='Exemption',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('reason', models.SlugField(max_length=40, verbose_name='reason')),
                        ('emergency_id', models.UUIDField(null=True)),
                        ('note', fangxian.common.fields.SealedTextField(blank=True, column='field.exemption.note', editable=True, emergency='emergency_id', null=True, verbose_name='note')),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('until', models.DateField(verbose_name='until')),
                        ('ended_on', models.DateField(blank=True, null=True, verbose_name='ended on')),
                        ('granted_by', models.CharField(max_length=80, verbose_name='granted by')),
                        ('target', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='exemptions', to='field.target')),
                        ('ended_by', models.UUIDField(blank=True, null=True)),
                    ],
                    options={
                        'verbose_name': 'exemption',
                        'verbose_name_plural': 'exemptions',
                        'constraints': [models.UniqueConstraint(condition=models.Q(('ended_on', None)), fields=('target',), name='one_exemption_a_target'), models.CheckConstraint(condition=models.Q(('until__gte', models.F('from_date'))), name='exemption_dates')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_exemptionhistory" ("created_at", "emergency_id", "ended_by", "ended_on", "from_date", "granted_by", "id", "note", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "reason", "target_id", "until") SELECT new_values."created_at", new_values."emergency_id", new_values."ended_by", new_values."ended_on", new_values."from_date", new_values."granted_by", new_values."id", new_values."note", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."reason", new_values."target_id", new_values."until" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='6c0d49f4c2999d986085f63e791306042fc8289f', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_c0661', referencing='REFERENCING NEW TABLE AS new_values ', table='field_exemption', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_exemptionhistory" ("created_at", "emergency_id", "ended_by", "ended_on", "from_date", "granted_by", "id", "note", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "reason", "target_id", "until") SELECT new_values."created_at", new_values."emergency_id", new_values."ended_by", new_values."ended_on", new_values."from_date", new_values."granted_by", new_values."id", new_values."note", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."reason", new_values."target_id", new_values."until" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='20cb9bc578d27bdab97fca28bd09ebd7348e0a8b', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_289e1', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='field_exemption', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_exemptionhistory" ("created_at", "emergency_id", "ended_by", "ended_on", "from_date", "granted_by", "id", "note", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "reason", "target_id", "until") SELECT old_values."created_at", old_values."emergency_id", old_values."ended_by", old_values."ended_on", old_values."from_date", old_values."granted_by", old_values."id", old_values."note", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."reason", old_values."target_id", old_values."until" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='37ac8b2ec8158658a3beca349d22e567eac2f866', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_d3cb6', referencing='REFERENCING OLD TABLE AS old_values ', table='field_exemption', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='ExemptionHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('reason', models.SlugField(db_index=False, max_length=40, verbose_name='reason')),
                        ('emergency_id', models.UUIDField(null=True)),
                        ('note', fangxian.common.fields.SealedTextField(blank=True, column='field.exemption.note', editable=True, emergency='emergency_id', null=True, verbose_name='note')),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('until', models.DateField(verbose_name='until')),
                        ('ended_on', models.DateField(blank=True, null=True, verbose_name='ended on')),
                        ('granted_by', models.CharField(max_length=80, verbose_name='granted by')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='field.exemption')),
                        ('target', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='field.target')),
                        ('ended_by', models.UUIDField(blank=True, null=True)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Campaign',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('name', models.CharField(max_length=80, verbose_name='name')),
                        ('group', models.SlugField(default='all', max_length=40, verbose_name='target group')),
                        ('starts_on', models.DateField(verbose_name='starts on')),
                        ('ends_on', models.DateField(verbose_name='ends on')),
                        ('report_at', models.TimeField(blank=True, null=True, verbose_name='daily report due at')),
                        ('state', models.CharField(choices=[('draft', 'draft'), ('running', 'running'), ('closed', 'closed')], default='draft', max_length=8, verbose_name='state')),
                        ('rule_version', models.PositiveIntegerField()),
                        ('made_by', models.CharField(max_length=80, verbose_name='made by')),
                        ('area', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.region', verbose_name='area')),
                        ('emergency', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.emergency', verbose_name='emergency')),
                        ('form', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='field.formdefinition', verbose_name='form')),
                        ('started_at', models.DateTimeField(blank=True, null=True, verbose_name='started')),
                        ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='settled')),
                        ('every_door', models.BooleanField(default=False, verbose_name='the form is asked at every door')),
                    ],
                    options={
                        'verbose_name': 'sweep',
                        'verbose_name_plural': 'sweeps',
                        'constraints': [models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='campaign_dates')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_campaignhistory" ("area_id", "created_at", "emergency_id", "ends_on", "every_door", "form_id", "group", "id", "made_by", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "report_at", "rule_version", "settled_at", "started_at", "starts_on", "state") SELECT new_values."area_id", new_values."created_at", new_values."emergency_id", new_values."ends_on", new_values."every_door", new_values."form_id", new_values."group", new_values."id", new_values."made_by", new_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."report_at", new_values."rule_version", new_values."settled_at", new_values."started_at", new_values."starts_on", new_values."state" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='4a7bfc3009e0b7241e12f97ea906ed048994c81c', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_0634d', referencing='REFERENCING NEW TABLE AS new_values ', table='field_campaign', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_campaignhistory" ("area_id", "created_at", "emergency_id", "ends_on", "every_door", "form_id", "group", "id", "made_by", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "report_at", "rule_version", "settled_at", "started_at", "starts_on", "state") SELECT new_values."area_id", new_values."created_at", new_values."emergency_id", new_values."ends_on", new_values."every_door", new_values."form_id", new_values."group", new_values."id", new_values."made_by", new_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."report_at", new_values."rule_version", new_values."settled_at", new_values."started_at", new_values."starts_on", new_values."state" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='c09aacb330020ada0c2ae3c6a0051b04e172c80d', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_7123d', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='field_campaign', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_campaignhistory" ("area_id", "created_at", "emergency_id", "ends_on", "every_door", "form_id", "group", "id", "made_by", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "report_at", "rule_version", "settled_at", "started_at", "starts_on", "state") SELECT old_values."area_id", old_values."created_at", old_values."emergency_id", old_values."ends_on", old_values."every_door", old_values."form_id", old_values."group", old_values."id", old_values."made_by", old_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."report_at", old_values."rule_version", old_values."settled_at", old_values."started_at", old_values."starts_on", old_values."state" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='e1ea8eae280d67623a3fbbe14d932097a4506651', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_97d5d', referencing='REFERENCING OLD TABLE AS old_values ', table='field_campaign', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='CampaignHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('name', models.CharField(max_length=80, verbose_name='name')),
                        ('group', models.SlugField(db_index=False, default='all', max_length=40, verbose_name='target group')),
                        ('starts_on', models.DateField(verbose_name='starts on')),
                        ('ends_on', models.DateField(verbose_name='ends on')),
                        ('report_at', models.TimeField(blank=True, null=True, verbose_name='daily report due at')),
                        ('state', models.CharField(choices=[('draft', 'draft'), ('running', 'running'), ('closed', 'closed')], default='draft', max_length=8, verbose_name='state')),
                        ('rule_version', models.PositiveIntegerField()),
                        ('made_by', models.CharField(max_length=80, verbose_name='made by')),
                        ('area', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region', verbose_name='area')),
                        ('emergency', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.emergency', verbose_name='emergency')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='field.campaign')),
                        ('form', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='field.formdefinition', verbose_name='form')),
                        ('started_at', models.DateTimeField(blank=True, null=True, verbose_name='started')),
                        ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='settled')),
                        ('every_door', models.BooleanField(default=False, verbose_name='the form is asked at every door')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='DailyReport',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('day', models.DateField(verbose_name='day')),
                        ('due_at', models.DateTimeField(verbose_name='due')),
                        ('figures', models.JSONField(default=dict, verbose_name='figures')),
                        ('zero', models.BooleanField(default=False, verbose_name='zero report')),
                        ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                        ('sent_by', models.CharField(blank=True, max_length=80, verbose_name='sent by')),
                        ('campaign', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='reports', to='field.campaign')),
                        ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.region')),
                        ('counted_from', models.DateTimeField(blank=True, null=True, verbose_name='counted from')),
                        ('counted_to', models.DateTimeField(blank=True, null=True, verbose_name='counted until')),
                        ('closing', models.BooleanField(default=False, verbose_name='closing report')),
                    ],
                    options={
                        'verbose_name': 'daily report',
                        'verbose_name_plural': 'daily reports',
                        'indexes': [models.Index(fields=['place_code', 'day'], name='report_place')],
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('sent_at', None), ('sent_by', '')), models.Q(('sent_at__isnull', False), models.Q(('sent_by', ''), _negated=True)), _connector='OR'), name='report_sent_by_somebody'), models.UniqueConstraint(fields=('campaign', 'place', 'day', 'closing'), name='report_once')],
                        'triggers': [pgtrigger.compiler.Trigger(name='sent_is_locked', sql=pgtrigger.compiler.UpsertTriggerSql(condition='WHEN (OLD."sent_at" IS NOT NULL)', declare='DECLARE moved text;', func="\nIF TG_OP = 'UPDATE' THEN\n    moved = NEW.place_code;\n    NEW.place_code = OLD.place_code;\n    IF NEW IS NOT DISTINCT FROM OLD THEN\n        NEW.place_code = moved;\n        RETURN NEW;\n    END IF;\nEND IF;\nRAISE EXCEPTION 'report % was sent and is locked', OLD.id\n    USING ERRCODE = 'integrity_constraint_violation', CONSTRAINT = 'report_sent_is_locked';\n", hash='e993c5d5cceede9df240094afde43a1717ec2bb4', operation='UPDATE OR DELETE', pgid='pgtrigger_sent_is_locked_f5927', table='field_dailyreport', when='BEFORE')), pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_dailyreporthistory" ("campaign_id", "closing", "counted_from", "counted_to", "created_at", "day", "due_at", "figures", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "place_id", "sent_at", "sent_by", "zero") SELECT new_values."campaign_id", new_values."closing", new_values."counted_from", new_values."counted_to", new_values."created_at", new_values."day", new_values."due_at", new_values."figures", new_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."place_id", new_values."sent_at", new_values."sent_by", new_values."zero" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='9722409350b63a6852097d5960b00a169aeb80ac', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_5b1e6', referencing='REFERENCING NEW TABLE AS new_values ', table='field_dailyreport', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_dailyreporthistory" ("campaign_id", "closing", "counted_from", "counted_to", "created_at", "day", "due_at", "figures", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "place_id", "sent_at", "sent_by", "zero") SELECT new_values."campaign_id", new_values."closing", new_values."counted_from", new_values."counted_to", new_values."created_at", new_values."day", new_values."due_at", new_values."figures", new_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."place_id", new_values."sent_at", new_values."sent_by", new_values."zero" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='c37af36dd020a950c466d19b3caf341de5e37fbe', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_7a737', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='field_dailyreport', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_dailyreporthistory" ("campaign_id", "closing", "counted_from", "counted_to", "created_at", "day", "due_at", "figures", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "place_id", "sent_at", "sent_by", "zero") SELECT old_values."campaign_id", old_values."closing", old_values."counted_from", old_values."counted_to", old_values."created_at", old_values."day", old_values."due_at", old_values."figures", old_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."place_id", old_values."sent_at", old_values."sent_by", old_values."zero" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='2ad8827ed0541660a7bbb4c130a5d39d925bcfa8', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_e9ffd', referencing='REFERENCING OLD TABLE AS old_values ', table='field_dailyreport', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='DailyReportHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('day', models.DateField(verbose_name='day')),
                        ('due_at', models.DateTimeField(verbose_name='due')),
                        ('figures', models.JSONField(default=dict, verbose_name='figures')),
                        ('zero', models.BooleanField(default=False, verbose_name='zero report')),
                        ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                        ('sent_by', models.CharField(blank=True, max_length=80, verbose_name='sent by')),
                        ('campaign', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='field.campaign')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='field.dailyreport')),
                        ('place', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region')),
                        ('counted_from', models.DateTimeField(blank=True, null=True, verbose_name='counted from')),
                        ('counted_to', models.DateTimeField(blank=True, null=True, verbose_name='counted until')),
                        ('closing', models.BooleanField(default=False, verbose_name='closing report')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='FormDefinition',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('code', models.SlugField(max_length=40, verbose_name='code')),
                        ('version', models.PositiveIntegerField(verbose_name='version')),
                        ('name', models.CharField(max_length=80, verbose_name='name')),
                        ('schema', models.JSONField(verbose_name='questions')),
                        ('source', models.CharField(choices=[('shipped', 'shipped'), ('builder', 'made here'), ('xlsform', 'XLSForm')], max_length=10, verbose_name='source')),
                        ('made_by', models.CharField(max_length=80, verbose_name='made by')),
                        ('file', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.file', verbose_name='workbook')),
                    ],
                    options={
                        'verbose_name': 'form',
                        'verbose_name_plural': 'forms',
                        'constraints': [models.UniqueConstraint(fields=('code', 'version'), name='form_version')],
                    },
                ),
                migrations.CreateModel(
                    name='ReportCorrection',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('figures', models.JSONField(verbose_name='figures')),
                        ('reason', models.CharField(max_length=200, verbose_name='reason')),
                        ('corrected_by', models.CharField(max_length=80, verbose_name='corrected by')),
                        ('report', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='corrections', to='field.dailyreport')),
                    ],
                    options={
                        'verbose_name': 'correction',
                        'verbose_name_plural': 'corrections',
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_reportcorrectionhistory" ("corrected_by", "created_at", "figures", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "reason", "report_id") SELECT new_values."corrected_by", new_values."created_at", new_values."figures", new_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."reason", new_values."report_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='21d168fcb9a7be7ddc5f5df676e3dac930685178', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_6706d', referencing='REFERENCING NEW TABLE AS new_values ', table='field_reportcorrection', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_reportcorrectionhistory" ("corrected_by", "created_at", "figures", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "reason", "report_id") SELECT new_values."corrected_by", new_values."created_at", new_values."figures", new_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."reason", new_values."report_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='37f6ff7cfb57d65a6dffd1c6709fefb50db1c5d6', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_b1280', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='field_reportcorrection', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_reportcorrectionhistory" ("corrected_by", "created_at", "figures", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "reason", "report_id") SELECT old_values."corrected_by", old_values."created_at", old_values."figures", old_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."reason", old_values."report_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='3786f2af130dfc11d607ac99b9f3c28fe06f7307', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_64205', referencing='REFERENCING OLD TABLE AS old_values ', table='field_reportcorrection', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='ReportCorrectionHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('figures', models.JSONField(verbose_name='figures')),
                        ('reason', models.CharField(max_length=200, verbose_name='reason')),
                        ('corrected_by', models.CharField(max_length=80, verbose_name='corrected by')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='field.reportcorrection')),
                        ('report', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='field.dailyreport')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Target',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('state', models.CharField(choices=[('open', 'not covered'), ('visited', 'visited'), ('exempt', 'exempt'), ('gone', 'no longer to be visited')], default='open', max_length=8, verbose_name='state')),
                        ('outcome', models.CharField(blank=True, max_length=12, verbose_name='last outcome')),
                        ('visits', models.PositiveSmallIntegerField(default=0, verbose_name='visits')),
                        ('last_visit_at', models.DateTimeField(blank=True, null=True, verbose_name='last visit')),
                        ('due_on', models.DateField(verbose_name='due on')),
                        ('campaign', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='targets', to='field.campaign')),
                        ('household', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='targets', to='register.household')),
                    ],
                    options={
                        'verbose_name': 'household to visit',
                        'verbose_name_plural': 'households to visit',
                        'indexes': [models.Index(fields=['campaign', 'place_code', 'state'], name='target_place'), models.Index(condition=models.Q(('state', 'open'), ('visits__gt', 0)), fields=['campaign', 'due_on'], name='target_revisit')],
                        'constraints': [models.UniqueConstraint(fields=('campaign', 'household'), name='target_once'), models.CheckConstraint(condition=models.Q(('state__in', ['open', 'visited', 'exempt', 'gone'])), name='target_state')],
                    },
                ),
                migrations.CreateModel(
                    name='Visit',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(default=django.utils.timezone.now, editable=False, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('op_id', models.UUIDField(unique=True)),
                        ('digest', models.BinaryField()),
                        ('outcome', models.CharField(max_length=12, verbose_name='outcome')),
                        ('exceptions', models.PositiveSmallIntegerField(default=0, verbose_name='exceptions')),
                        ('emergency_id', models.UUIDField(null=True)),
                        ('answers', fangxian.common.fields.SealedTextField(column='field.visit.answers', editable=True, emergency='emergency_id', null=True, verbose_name='answers to the questions')),
                        ('note', fangxian.common.fields.SealedTextField(column='field.visit.note', editable=True, emergency='emergency_id', null=True, verbose_name='note')),
                        ('revisit_on', models.DateField(blank=True, null=True, verbose_name='come back on')),
                        ('visited_at', models.DateTimeField(verbose_name='visited')),
                        ('code_then', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20)),
                        ('user_id', models.UUIDField(null=True)),
                        ('actor', models.CharField(max_length=80, verbose_name='by')),
                        ('source', models.CharField(max_length=80)),
                        ('campaign', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='field.campaign')),
                        ('corrects', models.OneToOneField(db_column='corrects_op_id', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='corrected_by', to='field.visit', to_field='op_id', verbose_name='corrects')),
                        ('form', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='field.formdefinition')),
                        ('household', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='register.household')),
                        ('target', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='visits_made', to='field.target')),
                    ],
                    options={
                        'verbose_name': 'visit',
                        'verbose_name_plural': 'visits',
                        'indexes': [models.Index(fields=['household', 'visited_at'], name='visit_household'), models.Index(fields=['campaign', 'place_code', 'visited_at'], name='visit_place'), models.Index(fields=['campaign', 'created_at', 'code_then'], name='visit_received')],
                    },
                ),
            ],
        ),
        migrations.RunSQL(FOLLOW, "DROP FUNCTION field_visits_follow(uuid[])"),
        migrations.RunSQL(RECORDED, "DROP FUNCTION field_recorded(uuid[], bytea[])"),
        migrations.RunSQL(
            REPORTED, "DROP FUNCTION field_reported(uuid, uuid, timestamptz, timestamptz, text[])"
        ),
    ]
