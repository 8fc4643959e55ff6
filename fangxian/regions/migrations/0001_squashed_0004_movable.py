"""The tables of the room, and the function that rewrites the codes of places that have moved."""

import django.contrib.postgres.indexes
import django.db.models.deletion
import django.db.models.functions.comparison
import django.db.models.functions.text
import fangxian.common.fields
import fangxian.common.ids
import fangxian.common.operations
import pghistory.utils
import pgtrigger.compiler
from django.db import migrations, models

# Only codes of places can be rewritten, in the columns that the models declare
# (``scoping.moving_tables()``): they are written into this function after each migration, by the
# owner. The application can't change it.
MOVABLE = """
CREATE FUNCTION fangxian_movable(moved text, code_column text)
RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS 'SELECT false'
"""
# Rewrites the codes of places that have moved. It runs as the owner, because rows of append-only
# tables follow too; the owner is bound by the row-level security of the caller's area like everybody.
MOVE_CODES = """
CREATE FUNCTION fangxian_move_codes(
    moved text, code_column text, olds text[], news text[]
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    done bigint;
BEGIN
    IF NOT fangxian_movable(moved, code_column) THEN
        RAISE EXCEPTION 'fangxian_move_codes: %.% holds no codes that move', moved, code_column;
    END IF;
    IF EXISTS (
        SELECT 1 FROM unnest(olds, news) AS pair(o, n)
        WHERE NOT EXISTS (
            SELECT 1 FROM regions_regioncode former
            JOIN regions_region place ON place.id = former.region_id
            WHERE former.code = pair.o AND place.code = pair.n
        )
    ) THEN
        RAISE EXCEPTION 'fangxian_move_codes: a place has not moved that way';
    END IF;
    EXECUTE format(
        'UPDATE %I SET %I = pair.n FROM unnest($1, $2) AS pair(o, n) WHERE %I.%I = pair.o',
        moved, code_column, moved, code_column
    ) USING olds, news;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END
$$;
"""


class Migration(migrations.Migration):

    replaces = [('regions', '0001_initial'), ('regions', '0002_move_codes'), ('regions', '0003_lean_history'), ('regions', '0004_movable')]

    initial = True

    dependencies = [
    ]

    operations = [
        fangxian.common.operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='Region',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='code')),
                        ('name', models.CharField(max_length=120, verbose_name='name')),
                        ('level', models.PositiveSmallIntegerField(choices=[(2, 'Province'), (4, 'Prefecture'), (6, 'County'), (9, 'Town or street'), (12, 'Community or village'), (15, 'Grid'), (18, 'Building'), (20, 'Unit')], verbose_name='level')),
                        ('initials', models.CharField(blank=True, db_collation='C', max_length=120, verbose_name='pinyin initials')),
                        ('urban_class', models.CharField(blank=True, max_length=3, verbose_name='urban–rural class')),
                        ('valid_from', models.DateField(verbose_name='valid from')),
                        ('valid_to', models.DateField(blank=True, null=True, verbose_name='valid until')),
                        ('code_from', models.DateField(blank=True, null=True, verbose_name='has this code since')),
                        ('longitude', models.FloatField(blank=True, null=True, verbose_name='longitude')),
                        ('latitude', models.FloatField(blank=True, null=True, verbose_name='latitude')),
                        ('boundary', models.JSONField(blank=True, null=True, verbose_name='boundary (GeoJSON)')),
                    ],
                    options={
                        'verbose_name': 'place',
                        'verbose_name_plural': 'places',
                        'indexes': [models.Index(fields=['code'], name='region_code'), models.Index(django.db.models.functions.comparison.Collate('name', 'C'), models.F('level'), name='region_name'), models.Index(condition=models.Q(('valid_to', None)), fields=['level', 'initials'], name='region_initials'), django.contrib.postgres.indexes.GinIndex(models.Func(models.F('name'), models.Value(None, models.TextField()), function='string_to_array'), fastupdate=False, name='region_characters')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('valid_to', None)), fields=('code',), name='one_current_place_a_code'), models.CheckConstraint(condition=models.Q(('level', django.db.models.functions.text.Length('code'))), name='level_is_the_length_of_the_code'), models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='place_dates'), models.CheckConstraint(condition=models.Q(models.Q(('latitude', None), ('longitude', None)), models.Q(('latitude__range', (-90, 90)), ('longitude__range', (-180, 180))), _connector='OR'), name='place_position'), models.CheckConstraint(condition=models.Q(('code__regex', '^[0-9x][0-9]*$')), name='code_is_digits')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "regions_regionhistory" ("code", "code_from", "id", "initials", "latitude", "level", "longitude", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "urban_class", "valid_from", "valid_to") SELECT new_values."code", new_values."code_from", new_values."id", new_values."initials", new_values."latitude", new_values."level", new_values."longitude", new_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."urban_class", new_values."valid_from", new_values."valid_to" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='ebcca72617b4833d857811d988cfd8a37bd7cef5', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_5c668', referencing='REFERENCING NEW TABLE AS new_values ', table='regions_region', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "regions_regionhistory" ("code", "code_from", "id", "initials", "latitude", "level", "longitude", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "urban_class", "valid_from", "valid_to") SELECT new_values."code", new_values."code_from", new_values."id", new_values."initials", new_values."latitude", new_values."level", new_values."longitude", new_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."urban_class", new_values."valid_from", new_values."valid_to" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."code" IS DISTINCT FROM (new_values."code") OR old_values."code_from" IS DISTINCT FROM (new_values."code_from") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."initials" IS DISTINCT FROM (new_values."initials") OR old_values."latitude" IS DISTINCT FROM (new_values."latitude") OR old_values."level" IS DISTINCT FROM (new_values."level") OR old_values."longitude" IS DISTINCT FROM (new_values."longitude") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."urban_class" IS DISTINCT FROM (new_values."urban_class") OR old_values."valid_from" IS DISTINCT FROM (new_values."valid_from") OR old_values."valid_to" IS DISTINCT FROM (new_values."valid_to")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='75b2bc06194a671cf8d41d5941c9e5cf8894a4ed', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_ce801', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='regions_region', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "regions_regionhistory" ("code", "code_from", "id", "initials", "latitude", "level", "longitude", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "urban_class", "valid_from", "valid_to") SELECT old_values."code", old_values."code_from", old_values."id", old_values."initials", old_values."latitude", old_values."level", old_values."longitude", old_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."urban_class", old_values."valid_from", old_values."valid_to" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='6b6f5dcf1ae8d714262c1f857c22c5a06de28388', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_dc4f6', referencing='REFERENCING OLD TABLE AS old_values ', table='regions_region', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='RegionHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='code')),
                        ('name', models.CharField(max_length=120, verbose_name='name')),
                        ('level', models.PositiveSmallIntegerField(choices=[(2, 'Province'), (4, 'Prefecture'), (6, 'County'), (9, 'Town or street'), (12, 'Community or village'), (15, 'Grid'), (18, 'Building'), (20, 'Unit')], verbose_name='level')),
                        ('initials', models.CharField(blank=True, db_collation='C', max_length=120, verbose_name='pinyin initials')),
                        ('urban_class', models.CharField(blank=True, max_length=3, verbose_name='urban–rural class')),
                        ('valid_from', models.DateField(verbose_name='valid from')),
                        ('valid_to', models.DateField(blank=True, null=True, verbose_name='valid until')),
                        ('code_from', models.DateField(blank=True, null=True, verbose_name='has this code since')),
                        ('longitude', models.FloatField(blank=True, null=True, verbose_name='longitude')),
                        ('latitude', models.FloatField(blank=True, null=True, verbose_name='latitude')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='regions.region')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='BuildingKind',
                    fields=[
                        ('code', models.SlugField(max_length=30, primary_key=True, serialize=False, verbose_name='code')),
                        ('name', models.CharField(max_length=40, verbose_name='name')),
                        ('lived_in', models.BooleanField(default=True, verbose_name='people live there')),
                        ('has_units', models.BooleanField(default=True, verbose_name='has units')),
                        ('order', models.PositiveSmallIntegerField(default=100, verbose_name='order')),
                    ],
                    options={
                        'verbose_name': 'kind of building',
                        'verbose_name_plural': 'kinds of building',
                        'ordering': ['order', 'code'],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "regions_buildingkindhistory" ("code", "has_units", "lived_in", "name", "order", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT new_values."code", new_values."has_units", new_values."lived_in", new_values."name", new_values."order", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."code" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='5d4bb10bea2904ab7e5144cc2b654514b14ba1c5', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_f08f8', referencing='REFERENCING NEW TABLE AS new_values ', table='regions_buildingkind', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "regions_buildingkindhistory" ("code", "has_units", "lived_in", "name", "order", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT new_values."code", new_values."has_units", new_values."lived_in", new_values."name", new_values."order", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."code" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."code") = (new_values."code") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='ed1d4080bc9a34ae33abcdf7a176592674c26c45', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_8b9d6', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='regions_buildingkind', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "regions_buildingkindhistory" ("code", "has_units", "lived_in", "name", "order", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."code", old_values."has_units", old_values."lived_in", old_values."name", old_values."order", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."code" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='61412b46cbb156275092185a94c8ef8e6e1f0d08', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_49227', referencing='REFERENCING OLD TABLE AS old_values ', table='regions_buildingkind', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='BuildingKindHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('code', models.SlugField(db_index=False, max_length=30, serialize=False, verbose_name='code')),
                        ('name', models.CharField(max_length=40, verbose_name='name')),
                        ('lived_in', models.BooleanField(default=True, verbose_name='people live there')),
                        ('has_units', models.BooleanField(default=True, verbose_name='has units')),
                        ('order', models.PositiveSmallIntegerField(default=100, verbose_name='order')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='regions.buildingkind')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='GridPlan',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('state', models.CharField(choices=[('draft', 'draft'), ('accepted', 'accepted, not yet in force'), ('in_force', 'in force'), ('replaced', 'replaced'), ('withdrawn', 'withdrawn')], default='draft', max_length=10, verbose_name='state')),
                        ('effective', models.DateField(blank=True, null=True, verbose_name='in force from')),
                        ('version', models.PositiveIntegerField(default=1)),
                        ('parameters', models.JSONField(verbose_name='parameters')),
                        ('drawing', models.JSONField(verbose_name='grids')),
                        ('graph', models.JSONField(default=dict, verbose_name='neighbour graph')),
                        ('report', models.JSONField(default=dict, verbose_name='evaluation')),
                        ('edits', models.PositiveIntegerField(default=0, verbose_name='moves by hand')),
                        ('made_by', models.CharField(max_length=150, verbose_name='drawn by')),
                        ('accepted_by', models.CharField(blank=True, max_length=150, verbose_name='accepted by')),
                        ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='accepted at')),
                        ('community', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grid_plans', to='regions.region')),
                    ],
                    options={
                        'verbose_name': 'drawing of grids',
                        'verbose_name_plural': 'drawings of grids',
                        'indexes': [models.Index(fields=['place_code'], name='plan_place')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'accepted')), fields=('community',), name='one_accepted_drawing_a_community'), models.UniqueConstraint(condition=models.Q(('state', 'in_force')), fields=('community',), name='one_drawing_in_force_a_community'), models.CheckConstraint(condition=models.Q(('state__in', ['draft', 'withdrawn']), ('effective__isnull', False), _connector='OR'), name='drawing_has_a_date')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "regions_gridplanhistory" ("accepted_at", "accepted_by", "community_id", "created_at", "drawing", "edits", "effective", "id", "made_by", "parameters", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "report", "state", "version") SELECT new_values."accepted_at", new_values."accepted_by", new_values."community_id", new_values."created_at", new_values."drawing", new_values."edits", new_values."effective", new_values."id", new_values."made_by", new_values."parameters", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."report", new_values."state", new_values."version" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='4e26b4e9d71118bbb690fedc548b4d761c72904e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_4d9cb', referencing='REFERENCING NEW TABLE AS new_values ', table='regions_gridplan', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "regions_gridplanhistory" ("accepted_at", "accepted_by", "community_id", "created_at", "drawing", "edits", "effective", "id", "made_by", "parameters", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "report", "state", "version") SELECT new_values."accepted_at", new_values."accepted_by", new_values."community_id", new_values."created_at", new_values."drawing", new_values."edits", new_values."effective", new_values."id", new_values."made_by", new_values."parameters", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."report", new_values."state", new_values."version" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."accepted_at" IS DISTINCT FROM (new_values."accepted_at") OR old_values."accepted_by" IS DISTINCT FROM (new_values."accepted_by") OR old_values."community_id" IS DISTINCT FROM (new_values."community_id") OR old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."drawing" IS DISTINCT FROM (new_values."drawing") OR old_values."edits" IS DISTINCT FROM (new_values."edits") OR old_values."effective" IS DISTINCT FROM (new_values."effective") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."made_by" IS DISTINCT FROM (new_values."made_by") OR old_values."parameters" IS DISTINCT FROM (new_values."parameters") OR old_values."place_code" IS DISTINCT FROM (new_values."place_code") OR old_values."report" IS DISTINCT FROM (new_values."report") OR old_values."state" IS DISTINCT FROM (new_values."state") OR old_values."version" IS DISTINCT FROM (new_values."version")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='f88c4f77afc496ba1540674a03fb41c2f853c9f9', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_7ad07', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='regions_gridplan', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "regions_gridplanhistory" ("accepted_at", "accepted_by", "community_id", "created_at", "drawing", "edits", "effective", "id", "made_by", "parameters", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "report", "state", "version") SELECT old_values."accepted_at", old_values."accepted_by", old_values."community_id", old_values."created_at", old_values."drawing", old_values."edits", old_values."effective", old_values."id", old_values."made_by", old_values."parameters", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."report", old_values."state", old_values."version" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='1464261191a5f947944d87774f95fcb76d7897af', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_b6135', referencing='REFERENCING OLD TABLE AS old_values ', table='regions_gridplan', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='GridPlanHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('state', models.CharField(choices=[('draft', 'draft'), ('accepted', 'accepted, not yet in force'), ('in_force', 'in force'), ('replaced', 'replaced'), ('withdrawn', 'withdrawn')], default='draft', max_length=10, verbose_name='state')),
                        ('effective', models.DateField(blank=True, null=True, verbose_name='in force from')),
                        ('version', models.PositiveIntegerField(default=1)),
                        ('parameters', models.JSONField(verbose_name='parameters')),
                        ('drawing', models.JSONField(verbose_name='grids')),
                        ('report', models.JSONField(default=dict, verbose_name='evaluation')),
                        ('edits', models.PositiveIntegerField(default=0, verbose_name='moves by hand')),
                        ('made_by', models.CharField(max_length=150, verbose_name='drawn by')),
                        ('accepted_by', models.CharField(blank=True, max_length=150, verbose_name='accepted by')),
                        ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='accepted at')),
                        ('community', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='regions.gridplan')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='RegionChange',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('year', models.PositiveSmallIntegerField(verbose_name='year')),
                        ('on', models.DateField(verbose_name='from')),
                        ('kind', models.CharField(choices=[('new', 'new'), ('ended', 'ended'), ('rename', 'renamed'), ('recode', 'new code'), ('split', 'split off'), ('merge', 'merged into')], max_length=8, verbose_name='kind')),
                        ('from_code', fangxian.common.fields.PlaceCodeField(blank=True, db_collation='C', max_length=20, verbose_name='old code')),
                        ('to_code', fangxian.common.fields.PlaceCodeField(blank=True, db_collation='C', max_length=20, verbose_name='new code')),
                        ('from_name', models.CharField(blank=True, max_length=120, verbose_name='old name')),
                        ('to_name', models.CharField(blank=True, max_length=120, verbose_name='new name')),
                        ('from_place', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='changes_from', to='regions.region', verbose_name='old place')),
                        ('to_place', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='changes_to', to='regions.region', verbose_name='new place')),
                    ],
                    options={
                        'verbose_name': 'change of a place',
                        'verbose_name_plural': 'changes of places',
                        'indexes': [models.Index(fields=['from_code'], name='change_from_code'), models.Index(fields=['year', 'kind'], name='change_year')],
                    },
                ),
                migrations.CreateModel(
                    name='RegionCode',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='code')),
                        ('valid_from', models.DateField(verbose_name='valid from')),
                        ('valid_to', models.DateField(verbose_name='valid until')),
                        ('plan_id', models.UUIDField(blank=True, null=True)),
                        ('region', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='former_codes', to='regions.region')),
                    ],
                    options={
                        'verbose_name': 'former code',
                        'verbose_name_plural': 'former codes',
                        'indexes': [models.Index(fields=['code'], name='former_code')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('valid_to__gte', models.F('valid_from'))), name='former_code_dates'), models.CheckConstraint(condition=models.Q(('code__regex', '^[0-9]+$')), name='former_code_is_digits')],
                    },
                ),
                migrations.CreateModel(
                    name='RegionList',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('year', models.PositiveSmallIntegerField(verbose_name='year')),
                        ('as_of', models.DateField(verbose_name='as of')),
                        ('source', models.CharField(max_length=200, verbose_name='source')),
                        ('digest', models.CharField(max_length=64, verbose_name='SHA-256')),
                        ('counts', models.JSONField(default=dict, verbose_name='counts')),
                        ('loaded_by', models.CharField(max_length=150, verbose_name='loaded by')),
                        ('loaded_at', models.DateTimeField(auto_now_add=True, verbose_name='loaded at')),
                    ],
                    options={
                        'verbose_name': 'list of divisions',
                        'verbose_name_plural': 'lists of divisions',
                        'constraints': [models.UniqueConstraint(fields=('year', 'digest'), name='a_list_is_taken_in_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Building',
                    fields=[
                        ('region', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='building', serialize=False, to='regions.region', verbose_name='place')),
                        ('address', models.CharField(blank=True, max_length=200, verbose_name='address')),
                        ('number', models.CharField(blank=True, max_length=30, verbose_name='number')),
                        ('households', models.PositiveIntegerField(blank=True, null=True, verbose_name='declared households')),
                        ('managed', models.BooleanField(default=True, verbose_name='has property management')),
                        ('kind', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='regions.buildingkind', verbose_name='kind')),
                        ('part_of', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='sections', to='regions.region')),
                    ],
                    options={
                        'verbose_name': 'building',
                        'verbose_name_plural': 'buildings',
                        'constraints': [models.CheckConstraint(condition=models.Q(('part_of', None), models.Q(('part_of', models.F('region')), _negated=True), _connector='OR'), name='building_is_not_part_of_itself')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "regions_buildinghistory" ("address", "households", "kind_id", "managed", "number", "part_of_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id") SELECT new_values."address", new_values."households", new_values."kind_id", new_values."managed", new_values."number", new_values."part_of_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."region_id", new_values."region_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='7d90f0dfbe95ae213ee1c05aaa129510716849a0', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_540bb', referencing='REFERENCING NEW TABLE AS new_values ', table='regions_building', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "regions_buildinghistory" ("address", "households", "kind_id", "managed", "number", "part_of_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id") SELECT new_values."address", new_values."households", new_values."kind_id", new_values."managed", new_values."number", new_values."part_of_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."region_id", new_values."region_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."region_id") = (new_values."region_id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='baff60ea318ee14038e90d5fd485444a5b0563ad', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_ae56f', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='regions_building', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "regions_buildinghistory" ("address", "households", "kind_id", "managed", "number", "part_of_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id") SELECT old_values."address", old_values."households", old_values."kind_id", old_values."managed", old_values."number", old_values."part_of_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."region_id", old_values."region_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='0973c8051b7cb0735dc75f10a83d8700465bee34', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_74156', referencing='REFERENCING OLD TABLE AS old_values ', table='regions_building', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='BuildingHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('address', models.CharField(blank=True, max_length=200, verbose_name='address')),
                        ('number', models.CharField(blank=True, max_length=30, verbose_name='number')),
                        ('households', models.PositiveIntegerField(blank=True, null=True, verbose_name='declared households')),
                        ('managed', models.BooleanField(default=True, verbose_name='has property management')),
                        ('part_of', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region')),
                        ('region', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', serialize=False, to='regions.region', verbose_name='place')),
                        ('kind', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.buildingkind', verbose_name='kind')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='regions.building')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='BuildingUnit',
                    fields=[
                        ('region', models.OneToOneField(on_delete=django.db.models.deletion.PROTECT, primary_key=True, related_name='unit', serialize=False, to='regions.region', verbose_name='place')),
                        ('number', models.CharField(blank=True, max_length=30, verbose_name='number')),
                        ('households', models.PositiveIntegerField(blank=True, null=True, verbose_name='declared households')),
                    ],
                    options={
                        'verbose_name': 'unit',
                        'verbose_name_plural': 'units',
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "regions_buildingunithistory" ("households", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id") SELECT new_values."households", new_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."region_id", new_values."region_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='90a82b7d9703640838887e6416f0940c7ca3f7a2', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_a1695', referencing='REFERENCING NEW TABLE AS new_values ', table='regions_buildingunit', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "regions_buildingunithistory" ("households", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id") SELECT new_values."households", new_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."region_id", new_values."region_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."region_id") = (new_values."region_id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='22eb4ea4f76cdfde87395275cd30a4efa3c3b6a9', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_440dd', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='regions_buildingunit', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "regions_buildingunithistory" ("households", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id") SELECT old_values."households", old_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."region_id", old_values."region_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='7111db74cdd9de4166ee02264f6710fa281dcc89', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_cefbe', referencing='REFERENCING OLD TABLE AS old_values ', table='regions_buildingunit', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='BuildingUnitHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('number', models.CharField(blank=True, max_length=30, verbose_name='number')),
                        ('households', models.PositiveIntegerField(blank=True, null=True, verbose_name='declared households')),
                        ('region', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', serialize=False, to='regions.region', verbose_name='place')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='regions.buildingunit')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
            ],
        ),
        migrations.RunSQL(MOVABLE, "DROP FUNCTION fangxian_movable(text, text)"),
        migrations.RunSQL(
            MOVE_CODES, "DROP FUNCTION fangxian_move_codes(text, text, text[], text[])"
        ),
    ]
