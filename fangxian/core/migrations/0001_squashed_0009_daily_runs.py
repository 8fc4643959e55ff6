"""The tables of the room, what the models can't say of them, and the first epoch."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.expressions
import fangxian.common.fields
import fangxian.common.ids
import fangxian.common.operations
import pghistory.utils
import pgtrigger.compiler
from django.db import migrations, models

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
EPOCH = """
INSERT INTO core_serverepoch (one, epoch, since) VALUES (true, gen_random_uuid(), now())
"""


class Migration(migrations.Migration):

    replaces = [('core', '0001_initial'), ('core', '0002_defaults'), ('core', '0003_lean_history'), ('core', '0004_measure_region'), ('core', '0005_purged_rows'), ('core', '0006_import_states_of_jobs'), ('core', '0007_asked_before'), ('core', '0008_closed_tasks'), ('core', '0009_daily_runs')]

    initial = True

    dependencies = [
    ]

    operations = [
        fangxian.common.operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='Emergency',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('name', models.CharField(max_length=120, verbose_name='name')),
                        ('disease', models.CharField(max_length=80, verbose_name='disease')),
                        ('region_id', models.UUIDField(verbose_name='area')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='area')),
                        ('level', models.PositiveSmallIntegerField(choices=[(1, 'Level I (particularly serious)'), (2, 'Level II (serious)'), (3, 'Level III (larger)'), (4, 'Level IV (ordinary)')], verbose_name='response level')),
                        ('started_on', models.DateField(verbose_name='start')),
                        ('ended_on', models.DateField(blank=True, null=True, verbose_name='end')),
                        ('key_destroyed_at', models.DateTimeField(blank=True, null=True, verbose_name='key destroyed')),
                        ('certificate', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.file')),
                    ],
                    options={
                        'verbose_name': 'emergency',
                        'verbose_name_plural': 'emergencies',
                        'indexes': [models.Index(fields=['place_code'], name='emergency_place')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('ended_on', None), ('ended_on__gte', models.F('started_on')), _connector='OR'), name='emergency_dates'), models.CheckConstraint(condition=models.Q(('key_destroyed_at', None), ('ended_on__isnull', False), _connector='OR'), name='emergency_key_outlives_it')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "core_emergencyhistory" ("certificate_id", "created_at", "disease", "ended_on", "id", "key_destroyed_at", "level", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "region_id", "started_on") SELECT new_values."certificate_id", new_values."created_at", new_values."disease", new_values."ended_on", new_values."id", new_values."key_destroyed_at", new_values."level", new_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."region_id", new_values."started_on" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='6637435c895ee712944c79e51705feedb831e57b', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_2aa23', referencing='REFERENCING NEW TABLE AS new_values ', table='core_emergency', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "core_emergencyhistory" ("certificate_id", "created_at", "disease", "ended_on", "id", "key_destroyed_at", "level", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "region_id", "started_on") SELECT new_values."certificate_id", new_values."created_at", new_values."disease", new_values."ended_on", new_values."id", new_values."key_destroyed_at", new_values."level", new_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."region_id", new_values."started_on" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='dbc0b0a34bb6dca7e96bacbf7a499cabe6d0cbba', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_8228c', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='core_emergency', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "core_emergencyhistory" ("certificate_id", "created_at", "disease", "ended_on", "id", "key_destroyed_at", "level", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "region_id", "started_on") SELECT old_values."certificate_id", old_values."created_at", old_values."disease", old_values."ended_on", old_values."id", old_values."key_destroyed_at", old_values."level", old_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."region_id", old_values."started_on" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='e366aa495c660243029b145a7607fdcedec815af', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_19d41', referencing='REFERENCING OLD TABLE AS old_values ', table='core_emergency', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='EmergencyHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('name', models.CharField(max_length=120, verbose_name='name')),
                        ('disease', models.CharField(max_length=80, verbose_name='disease')),
                        ('region_id', models.UUIDField(verbose_name='area')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='area')),
                        ('level', models.PositiveSmallIntegerField(choices=[(1, 'Level I (particularly serious)'), (2, 'Level II (serious)'), (3, 'Level III (larger)'), (4, 'Level IV (ordinary)')], verbose_name='response level')),
                        ('started_on', models.DateField(verbose_name='start')),
                        ('ended_on', models.DateField(blank=True, null=True, verbose_name='end')),
                        ('key_destroyed_at', models.DateTimeField(blank=True, null=True, verbose_name='key destroyed')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='core.emergency')),
                        ('certificate', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.file')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Endpoint',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('name', models.CharField(max_length=80, unique=True, verbose_name='name')),
                        ('channel', models.CharField(max_length=20, verbose_name='channel')),
                        ('url', fangxian.common.fields.SealedTextField(column='core.endpoint.url', editable=True, verbose_name='address')),
                        ('secret', fangxian.common.fields.SealedTextField(blank=True, column='core.endpoint.secret', editable=True, null=True, verbose_name='secret')),
                        ('active', models.BooleanField(default=True, verbose_name='active')),
                    ],
                    options={
                        'verbose_name': 'endpoint',
                        'verbose_name_plural': 'endpoints',
                    },
                ),
                migrations.CreateModel(
                    name='OutboxMessage',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('template', models.CharField(max_length=200)),
                        ('language', models.CharField(blank=True, max_length=10)),
                        ('emergency_id', models.UUIDField(blank=True, null=True)),
                        ('context', fangxian.common.fields.SealedTextField(blank=True, column='core.outbox.context', editable=True, emergency='emergency_id', null=True)),
                        ('url', models.CharField(blank=True, max_length=200)),
                        ('user_id', models.UUIDField(blank=True, null=True)),
                        ('sent_by', models.CharField(max_length=80)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Worker',
                    fields=[
                        ('id', models.UUIDField(primary_key=True, serialize=False)),
                        ('name', models.CharField(max_length=80)),
                        ('started_at', models.DateTimeField(auto_now_add=True)),
                        ('seen_at', models.DateTimeField()),
                    ],
                ),
                migrations.CreateModel(
                    name='CounterDelta',
                    fields=[
                        ('id', models.BigAutoField(primary_key=True, serialize=False)),
                        ('metric', models.CharField(db_collation='C', max_length=40)),
                        ('key', models.CharField(db_collation='C', max_length=40)),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20)),
                        ('n', models.BigIntegerField()),
                    ],
                    options={
                        'indexes': [models.Index(fields=['key', 'place_code'], name='delta_key')],
                    },
                ),
                migrations.CreateModel(
                    name='Event',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('kind', models.SlugField(max_length=60, verbose_name='kind')),
                        ('op_id', models.UUIDField(unique=True)),
                        ('digest', models.BinaryField()),
                        ('code_then', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20)),
                        ('data', models.JSONField(default=dict)),
                        ('actor', models.CharField(max_length=80, verbose_name='by')),
                        ('user_id', models.UUIDField(blank=True, null=True)),
                    ],
                    options={
                        'verbose_name': 'event',
                        'verbose_name_plural': 'events',
                        'indexes': [models.Index(fields=['place_code', '-created_at'], name='event_place'), models.Index(fields=['kind', '-created_at'], name='event_kind')],
                    },
                ),
                migrations.CreateModel(
                    name='File',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('name', fangxian.common.fields.SealedTextField(column='core.file.name', editable=True, emergency='emergency_id', verbose_name='name')),
                        ('media_type', models.CharField(max_length=120, verbose_name='media type')),
                        ('size', models.BigIntegerField(verbose_name='size in bytes')),
                        ('sha256', models.CharField(max_length=64)),
                        ('chunks', models.PositiveIntegerField()),
                        ('emergency_id', models.UUIDField(blank=True, null=True)),
                        ('right', models.CharField(max_length=60)),
                        ('owner_id', models.UUIDField(blank=True, null=True)),
                        ('keep_until', models.DateField(blank=True, null=True, verbose_name='kept until')),
                        ('purged_at', models.DateTimeField(blank=True, null=True, verbose_name='removed')),
                    ],
                    options={
                        'verbose_name': 'file',
                        'verbose_name_plural': 'files',
                        'indexes': [models.Index(fields=['place_code'], name='file_place'), models.Index(fields=['sha256'], name='file_sha256'), models.Index(condition=models.Q(('purged_at', None)), fields=['keep_until'], name='file_keep'), models.Index(condition=models.Q(('emergency_id__isnull', False)), fields=['emergency_id'], name='file_emergency')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('size__gte', 0)), name='file_size')],
                    },
                ),
                migrations.CreateModel(
                    name='FileChunk',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('number', models.PositiveIntegerField()),
                        ('content', models.BinaryField()),
                        ('file', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='parts', to='core.file')),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('file', 'number'), name='file_chunk')],
                    },
                ),
                migrations.CreateModel(
                    name='ImportRun',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('kind', models.SlugField(max_length=60, verbose_name='kind')),
                        ('state', models.CharField(choices=[('staging', 'Being read'), ('ready', 'To be checked'), ('running', 'Running'), ('finished', 'Finished')], default='staging', max_length=10, verbose_name='state')),
                        ('sha256', models.CharField(max_length=64)),
                        ('signature', models.CharField(blank=True, max_length=64)),
                        ('mapping', models.JSONField(blank=True, default=dict, verbose_name='mapping')),
                        ('options', models.JSONField(blank=True, default=dict)),
                        ('emergency_id', models.UUIDField(blank=True, null=True)),
                        ('rows_in', models.PositiveIntegerField(default=0, verbose_name='rows')),
                        ('accepted', models.PositiveIntegerField(default=0, verbose_name='accepted')),
                        ('rejected', models.PositiveIntegerField(default=0, verbose_name='rejected')),
                        ('changed', models.PositiveIntegerField(default=0, verbose_name='changed something')),
                        ('job_id', models.UUIDField(blank=True, null=True)),
                        ('user_id', models.UUIDField(blank=True, null=True)),
                        ('made_by', models.CharField(max_length=80, verbose_name='by')),
                        ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
                        ('file', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.file')),
                        ('result_file', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.file')),
                    ],
                    options={
                        'verbose_name': 'import',
                        'verbose_name_plural': 'imports',
                        'indexes': [models.Index(fields=['place_code', '-created_at'], name='import_place'), models.Index(fields=['kind', 'sha256'], name='import_same')],
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('state', 'finished'), _negated=True), ('rows_in', django.db.models.expressions.CombinedExpression(models.F('accepted'), '+', models.F('rejected'))), _connector='OR'), name='import_adds_up'), models.CheckConstraint(condition=models.Q(('rows_in__gte', django.db.models.expressions.CombinedExpression(models.F('accepted'), '+', models.F('rejected')))), name='import_never_more')],
                    },
                ),
                migrations.CreateModel(
                    name='ImportRow',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('number', models.PositiveIntegerField()),
                        ('state', models.CharField(choices=[('waiting', 'Waiting'), ('accepted', 'Accepted'), ('rejected', 'Rejected')], default='waiting', max_length=10)),
                        ('emergency_id', models.UUIDField(blank=True, null=True)),
                        ('raw', fangxian.common.fields.SealedTextField(blank=True, column='core.importrow.raw', editable=True, emergency='emergency_id', null=True)),
                        ('problems', fangxian.common.fields.SealedTextField(blank=True, column='core.importrow.problems', editable=True, emergency='emergency_id', null=True)),
                        ('object_id', models.UUIDField(blank=True, null=True)),
                        ('run', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='rows', to='core.importrun')),
                    ],
                    options={
                        'indexes': [models.Index(condition=models.Q(('state', 'waiting')), fields=['run', 'number'], name='import_row_waiting')],
                        'constraints': [models.UniqueConstraint(fields=('run', 'number'), name='import_row'), models.CheckConstraint(condition=models.Q(models.Q(('state', 'rejected'), _negated=True), ('problems__isnull', False), ('raw__isnull', True), _connector='OR'), name='import_row_says_why')],
                    },
                ),
                migrations.CreateModel(
                    name='Job',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('kind', models.SlugField(max_length=60, verbose_name='kind')),
                        ('args', models.JSONField(default=dict)),
                        ('user_id', models.UUIDField(blank=True, null=True)),
                        ('grant_id', models.UUIDField(blank=True, null=True)),
                        ('requester', models.CharField(max_length=80, verbose_name='started by')),
                        ('state', models.CharField(choices=[('queued', 'Waiting'), ('running', 'Running'), ('stopping', 'Stopping'), ('stopped', 'Stopped'), ('done', 'Done'), ('failed', 'Failed')], default='queued', max_length=10, verbose_name='state')),
                        ('done', models.BigIntegerField(default=0, verbose_name='done')),
                        ('total', models.BigIntegerField(blank=True, null=True, verbose_name='of')),
                        ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                        ('result_url', models.CharField(blank=True, max_length=200)),
                        ('error_code', models.CharField(blank=True, max_length=60, verbose_name='error')),
                        ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                        ('run_token', models.UUIDField(blank=True, null=True)),
                        ('heartbeat_at', models.DateTimeField(blank=True, null=True)),
                        ('started_at', models.DateTimeField(blank=True, null=True, verbose_name='begun')),
                        ('finished_at', models.DateTimeField(blank=True, null=True, verbose_name='finished')),
                        ('state_data', models.JSONField(default=dict)),
                        ('result_file', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.file')),
                    ],
                    options={
                        'verbose_name': 'job',
                        'verbose_name_plural': 'jobs',
                        'indexes': [models.Index(fields=['user_id', '-created_at'], name='job_user'), models.Index(fields=['place_code'], name='job_place'), models.Index(condition=models.Q(('state__in', ('queued', 'running', 'stopping'))), fields=['heartbeat_at'], name='job_unfinished')],
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('finished_at', None), ('state__in', ('queued', 'running', 'stopping'))), models.Q(models.Q(('state__in', ('queued', 'running', 'stopping')), _negated=True), ('finished_at__isnull', False)), _connector='OR'), name='job_finished_at')],
                    },
                ),
                migrations.CreateModel(
                    name='MappingMemory',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('kind', models.SlugField(max_length=60)),
                        ('signature', models.CharField(max_length=64)),
                        ('mapping', models.JSONField()),
                        ('used_at', models.DateTimeField(auto_now=True)),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('kind', 'signature', 'place_code'), name='mapping_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Measure',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('title', models.CharField(max_length=120, verbose_name='measure')),
                        ('body', models.CharField(max_length=120, verbose_name='issued by')),
                        ('content', models.TextField(verbose_name='content')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='area')),
                        ('from_at', models.DateTimeField(verbose_name='from')),
                        ('to_at', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                        ('lifted_at', models.DateTimeField(blank=True, null=True, verbose_name='lifted')),
                        ('emergency', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='measures', to='core.emergency')),
                        ('region_id', models.UUIDField(editable=False, null=True)),
                    ],
                    options={
                        'verbose_name': 'measure',
                        'verbose_name_plural': 'measures',
                        'constraints': [models.CheckConstraint(condition=models.Q(('to_at', None), ('to_at__gte', models.F('from_at')), _connector='OR'), name='measure_dates')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "core_measurehistory" ("body", "content", "created_at", "emergency_id", "from_at", "id", "lifted_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "region_id", "title", "to_at") SELECT new_values."body", new_values."content", new_values."created_at", new_values."emergency_id", new_values."from_at", new_values."id", new_values."lifted_at", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."region_id", new_values."title", new_values."to_at" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='0e8cc268f865f1f36020735bdb0af4a7d36d1459', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_17dba', referencing='REFERENCING NEW TABLE AS new_values ', table='core_measure', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "core_measurehistory" ("body", "content", "created_at", "emergency_id", "from_at", "id", "lifted_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "region_id", "title", "to_at") SELECT new_values."body", new_values."content", new_values."created_at", new_values."emergency_id", new_values."from_at", new_values."id", new_values."lifted_at", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."region_id", new_values."title", new_values."to_at" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='51c70cd333b17cb5272b1bf3050b5549ff501a34', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_11dd2', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='core_measure', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "core_measurehistory" ("body", "content", "created_at", "emergency_id", "from_at", "id", "lifted_at", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "region_id", "title", "to_at") SELECT old_values."body", old_values."content", old_values."created_at", old_values."emergency_id", old_values."from_at", old_values."id", old_values."lifted_at", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."region_id", old_values."title", old_values."to_at" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='b02a484b3e74c24ce0784f5da96357e5878481a8', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_46346', referencing='REFERENCING OLD TABLE AS old_values ', table='core_measure', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='MeasureHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('title', models.CharField(max_length=120, verbose_name='measure')),
                        ('body', models.CharField(max_length=120, verbose_name='issued by')),
                        ('content', models.TextField(verbose_name='content')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='area')),
                        ('from_at', models.DateTimeField(verbose_name='from')),
                        ('to_at', models.DateTimeField(blank=True, null=True, verbose_name='until')),
                        ('lifted_at', models.DateTimeField(blank=True, null=True, verbose_name='lifted')),
                        ('emergency', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.emergency')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='core.measure')),
                        ('region_id', models.UUIDField(editable=False, null=True)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='NodeStat',
                    fields=[
                        ('id', models.BigAutoField(primary_key=True, serialize=False)),
                        ('metric', models.CharField(db_collation='C', max_length=40)),
                        ('key', models.CharField(db_collation='C', max_length=40)),
                        ('code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20)),
                        ('value', models.BigIntegerField()),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('key', 'code', 'metric'), name='node_stat')],
                    },
                ),
                migrations.CreateModel(
                    name='Notification',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('user_id', models.UUIDField()),
                        ('template', models.CharField(max_length=200)),
                        ('emergency_id', models.UUIDField(blank=True, null=True)),
                        ('context', fangxian.common.fields.SealedTextField(blank=True, column='core.notification.context', editable=True, emergency='emergency_id', null=True)),
                        ('url', models.CharField(blank=True, max_length=200)),
                        ('read_at', models.DateTimeField(blank=True, null=True)),
                    ],
                    options={
                        'verbose_name': 'notification',
                        'verbose_name_plural': 'notifications',
                        'indexes': [models.Index(fields=['user_id', '-created_at'], name='notification_user'), models.Index(condition=models.Q(('read_at', None)), fields=['user_id'], name='notification_unread')],
                    },
                ),
                migrations.CreateModel(
                    name='OutboxDelivery',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('channel', models.CharField(max_length=20, verbose_name='channel')),
                        ('emergency_id', models.UUIDField(blank=True, null=True)),
                        ('target', fangxian.common.fields.SealedTextField(column='core.outbox.target', editable=True, emergency='emergency_id')),
                        ('target_hash', models.BinaryField()),
                        ('state', models.CharField(choices=[('waiting', 'Waiting'), ('sending', 'Being sent'), ('sent', 'Sent'), ('dead', 'Given up')], default='waiting', max_length=10, verbose_name='state')),
                        ('attempts', models.PositiveSmallIntegerField(default=0, verbose_name='attempts')),
                        ('next_at', models.DateTimeField(verbose_name='next attempt')),
                        ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                        ('error_code', models.CharField(blank=True, max_length=60, verbose_name='error')),
                        ('message', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='deliveries', to='core.outboxmessage')),
                    ],
                    options={
                        'verbose_name': 'delivery',
                        'verbose_name_plural': 'deliveries',
                        'indexes': [models.Index(condition=models.Q(('state__in', ['waiting', 'sending'])), fields=['next_at'], name='delivery_due'), models.Index(condition=models.Q(('state', 'dead')), fields=['-created_at'], name='delivery_dead')],
                        'constraints': [models.UniqueConstraint(fields=('message', 'channel', 'target_hash'), name='deliver_once'), models.CheckConstraint(condition=models.Q(models.Q(('sent_at__isnull', False), ('state', 'sent')), models.Q(models.Q(('state', 'sent'), _negated=True), ('sent_at', None)), _connector='OR'), name='delivery_sent_at')],
                    },
                ),
                migrations.CreateModel(
                    name='RuleSet',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('name', models.SlugField(max_length=60, verbose_name='name')),
                        ('version', models.PositiveIntegerField(verbose_name='version')),
                        ('edition', models.PositiveIntegerField(blank=True, null=True, verbose_name='shipped edition')),
                        ('source', models.CharField(max_length=300, verbose_name='source')),
                        ('valid_from', models.DateField(verbose_name='valid from')),
                        ('data', models.JSONField(verbose_name='rule')),
                        ('made_by', models.CharField(blank=True, max_length=80, verbose_name='made by')),
                    ],
                    options={
                        'verbose_name': 'rule set',
                        'verbose_name_plural': 'rule sets',
                        'constraints': [models.UniqueConstraint(fields=('name', 'version'), name='rule_version'), models.UniqueConstraint(fields=('name', 'edition'), name='rule_edition')],
                    },
                ),
                migrations.CreateModel(
                    name='ServerEpoch',
                    fields=[
                        ('one', models.BooleanField(default=True, primary_key=True, serialize=False)),
                        ('epoch', models.UUIDField(default=fangxian.common.ids.uuid7)),
                        ('since', models.DateTimeField(auto_now=True)),
                    ],
                    options={
                        'db_table': 'core_serverepoch',
                        'constraints': [models.CheckConstraint(condition=models.Q(('one', True)), name='one_epoch')],
                    },
                ),
                migrations.CreateModel(
                    name='Task',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('kind', models.SlugField(max_length=60, verbose_name='kind')),
                        ('title', models.CharField(max_length=200, verbose_name='task')),
                        ('title_data', models.JSONField(blank=True, default=dict)),
                        ('due_at', models.DateTimeField(verbose_name='due')),
                        ('object_type', models.CharField(blank=True, max_length=60)),
                        ('object_id', models.UUIDField(blank=True, null=True)),
                        ('dedupe_key', models.CharField(max_length=120)),
                        ('assignee_user_id', models.UUIDField(blank=True, null=True, verbose_name='assigned to')),
                        ('assignee_role', models.CharField(blank=True, max_length=40, verbose_name='assigned to the role')),
                        ('assignee_level', models.PositiveSmallIntegerField()),
                        ('escalated', models.PositiveSmallIntegerField(default=0, verbose_name='times escalated')),
                        ('escalate_at', models.DateTimeField(blank=True, null=True)),
                        ('rule_version', models.PositiveIntegerField(blank=True, null=True)),
                        ('state', models.CharField(choices=[('open', 'Open'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='open', max_length=10, verbose_name='state')),
                        ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                        ('closed_by', models.CharField(blank=True, max_length=80, verbose_name='closed by')),
                        ('done_fact', models.CharField(blank=True, max_length=200, verbose_name='done by')),
                        ('emergency_id', models.UUIDField(blank=True, null=True)),
                        ('note', fangxian.common.fields.SealedTextField(blank=True, column='core.task.note', editable=True, emergency='emergency_id', null=True, verbose_name='note')),
                        ('asked', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=44), blank=True, db_default=[], default=list, size=None)),
                    ],
                    options={
                        'verbose_name': 'task',
                        'verbose_name_plural': 'tasks',
                        'indexes': [models.Index(fields=['place_code'], name='task_place'), models.Index(condition=models.Q(('state', 'open')), fields=['due_at'], name='task_due'), models.Index(condition=models.Q(('state', 'open')), fields=['assignee_user_id', 'due_at'], name='task_user'), models.Index(condition=models.Q(('state', 'open')), fields=['assignee_role', 'place_code'], name='task_role'), models.Index(condition=models.Q(('state', 'open')), fields=['escalate_at'], name='task_late'), models.Index(fields=['object_id'], name='task_object'), django.contrib.postgres.indexes.GinIndex(condition=models.Q(('state', 'open')), fields=['asked'], name='task_asked'), models.Index(condition=models.Q(('state', 'open'), _negated=True), fields=['closed_at', 'id'], name='task_closed')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'open')), fields=('kind', 'dedupe_key'), name='one_open_task'), models.CheckConstraint(condition=models.Q(('assignee_user_id__isnull', False), models.Q(('assignee_role', ''), _negated=True), _connector='OR'), name='task_has_assignee'), models.CheckConstraint(condition=models.Q(models.Q(('closed_at', None), ('state', 'open')), models.Q(models.Q(('state', 'open'), _negated=True), ('closed_at__isnull', False)), _connector='OR'), name='task_closed_at')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "core_taskhistory" ("asked", "assignee_level", "assignee_role", "assignee_user_id", "closed_at", "closed_by", "created_at", "dedupe_key", "done_fact", "due_at", "emergency_id", "escalate_at", "escalated", "id", "kind", "note", "object_id", "object_type", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rule_version", "state", "title", "title_data") SELECT new_values."asked", new_values."assignee_level", new_values."assignee_role", new_values."assignee_user_id", new_values."closed_at", new_values."closed_by", new_values."created_at", new_values."dedupe_key", new_values."done_fact", new_values."due_at", new_values."emergency_id", new_values."escalate_at", new_values."escalated", new_values."id", new_values."kind", new_values."note", new_values."object_id", new_values."object_type", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."rule_version", new_values."state", new_values."title", new_values."title_data" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='06057bb72c956c2efe19cea5eefa7f18b0886134', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_adb8c', referencing='REFERENCING NEW TABLE AS new_values ', table='core_task', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "core_taskhistory" ("asked", "assignee_level", "assignee_role", "assignee_user_id", "closed_at", "closed_by", "created_at", "dedupe_key", "done_fact", "due_at", "emergency_id", "escalate_at", "escalated", "id", "kind", "note", "object_id", "object_type", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rule_version", "state", "title", "title_data") SELECT new_values."asked", new_values."assignee_level", new_values."assignee_role", new_values."assignee_user_id", new_values."closed_at", new_values."closed_by", new_values."created_at", new_values."dedupe_key", new_values."done_fact", new_values."due_at", new_values."emergency_id", new_values."escalate_at", new_values."escalated", new_values."id", new_values."kind", new_values."note", new_values."object_id", new_values."object_type", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."rule_version", new_values."state", new_values."title", new_values."title_data" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='a2681cf20aa44c8c5f41382ee59bb38d03f6013b', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_48765', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='core_task', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "core_taskhistory" ("asked", "assignee_level", "assignee_role", "assignee_user_id", "closed_at", "closed_by", "created_at", "dedupe_key", "done_fact", "due_at", "emergency_id", "escalate_at", "escalated", "id", "kind", "note", "object_id", "object_type", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rule_version", "state", "title", "title_data") SELECT old_values."asked", old_values."assignee_level", old_values."assignee_role", old_values."assignee_user_id", old_values."closed_at", old_values."closed_by", old_values."created_at", old_values."dedupe_key", old_values."done_fact", old_values."due_at", old_values."emergency_id", old_values."escalate_at", old_values."escalated", old_values."id", old_values."kind", old_values."note", old_values."object_id", old_values."object_type", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."rule_version", old_values."state", old_values."title", old_values."title_data" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='fe7a0108add72a0f4a1a4a50f646f1746471faf9', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_d19be', referencing='REFERENCING OLD TABLE AS old_values ', table='core_task', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='TaskHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('kind', models.SlugField(db_index=False, max_length=60, verbose_name='kind')),
                        ('title', models.CharField(max_length=200, verbose_name='task')),
                        ('title_data', models.JSONField(blank=True, default=dict)),
                        ('due_at', models.DateTimeField(verbose_name='due')),
                        ('object_type', models.CharField(blank=True, max_length=60)),
                        ('object_id', models.UUIDField(blank=True, null=True)),
                        ('dedupe_key', models.CharField(max_length=120)),
                        ('assignee_user_id', models.UUIDField(blank=True, null=True, verbose_name='assigned to')),
                        ('assignee_role', models.CharField(blank=True, max_length=40, verbose_name='assigned to the role')),
                        ('assignee_level', models.PositiveSmallIntegerField()),
                        ('escalated', models.PositiveSmallIntegerField(default=0, verbose_name='times escalated')),
                        ('escalate_at', models.DateTimeField(blank=True, null=True)),
                        ('rule_version', models.PositiveIntegerField(blank=True, null=True)),
                        ('state', models.CharField(choices=[('open', 'Open'), ('done', 'Done'), ('cancelled', 'Cancelled')], default='open', max_length=10, verbose_name='state')),
                        ('closed_at', models.DateTimeField(blank=True, null=True, verbose_name='closed')),
                        ('closed_by', models.CharField(blank=True, max_length=80, verbose_name='closed by')),
                        ('done_fact', models.CharField(blank=True, max_length=200, verbose_name='done by')),
                        ('emergency_id', models.UUIDField(blank=True, null=True)),
                        ('note', fangxian.common.fields.SealedTextField(blank=True, column='core.task.note', editable=True, emergency='emergency_id', null=True, verbose_name='note')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='core.task')),
                        ('asked', django.contrib.postgres.fields.ArrayField(base_field=models.CharField(max_length=44), blank=True, db_default=[], default=list, size=None)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='DailyRun',
                    fields=[
                        ('name', models.SlugField(max_length=60, primary_key=True, serialize=False)),
                        ('day', models.DateField(null=True)),
                        ('claimed_at', models.DateTimeField(null=True)),
                        ('done_at', models.DateTimeField(null=True)),
                    ],
                ),
            ],
        ),
        migrations.RunSQL(CHURN, migrations.RunSQL.noop),
        migrations.RunSQL(EPOCH, migrations.RunSQL.noop),
    ]
