"""The tables of the room, and the triggers that keep its counters."""

import django.db.models.deletion
import django.db.models.functions.text
import django.db.models.lookups
import fangxian.common.fields
import fangxian.common.ids
import fangxian.common.operations
import pghistory.utils
import pgtrigger.compiler
from django.db import migrations, models

# Counters of the register: each statement that changes rows appends what it changes in counts.
# Triggers do it, as they do for history, so that no way of writing is forgotten: an action, a merge,
# an import, a bulk load, a redraw that rewrites codes.
# table → the columns that are read, and by metric what of them counts
COUNTED = {
    "register_household": (
        "place_code, state",
        {"households": "state <> 'closed'", "empty": "state = 'empty'"},
    ),
    # Who is but registered at a door and lives elsewhere is no resident there.
    "register_residency": (
        "place_code, kind, to_date, away_since",
        {
            "residents": "to_date IS NULL AND kind <> 'separated'",
            "away": "to_date IS NULL AND kind <> 'separated' AND away_since IS NOT NULL",
            "tenants": "to_date IS NULL AND kind = 'tenant'",
            "separated": "to_date IS NULL AND kind = 'separated'",
        },
    ),
    "register_establishment": ("place_code, to_date", {"establishments": "to_date IS NULL"}),
}
SUMS = """
INSERT INTO core_counterdelta (metric, key, place_code, n)
SELECT one.metric, 'register', sums.place_code, one.n
FROM (SELECT place_code, {sums} FROM ({rows}) AS changed GROUP BY place_code) AS sums,
     LATERAL (VALUES {metrics}) AS one (metric, n)
WHERE one.n <> 0
"""
GROUPS = """
INSERT INTO core_counterdelta (metric, key, place_code, n)
SELECT 'group:' || "group", 'register', place_code, sum(sign)
FROM ({rows}) AS changed WHERE to_date IS NULL
GROUP BY "group", place_code HAVING sum(sign) <> 0
"""
FUNCTION = """
CREATE FUNCTION {table}_counts() RETURNS trigger LANGUAGE plpgsql
SET search_path = pg_catalog, public, pg_temp AS $$
BEGIN
    IF TG_OP = 'INSERT' THEN {insert};
    ELSIF TG_OP = 'UPDATE' THEN {update};
    ELSE {delete};
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER counts_insert AFTER INSERT ON {table} REFERENCING NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_counts();
CREATE TRIGGER counts_update AFTER UPDATE ON {table}
    REFERENCING OLD TABLE AS old_rows NEW TABLE AS new_rows
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_counts();
CREATE TRIGGER counts_delete AFTER DELETE ON {table} REFERENCING OLD TABLE AS old_rows
    FOR EACH STATEMENT EXECUTE FUNCTION {table}_counts();
"""


def _statements(columns, counting):
    came = f"SELECT 1 AS sign, {columns} FROM new_rows"
    went = f"SELECT -1 AS sign, {columns} FROM old_rows"
    return {
        "insert": counting(came),
        "update": counting(f"{came} UNION ALL {went}"),
        "delete": counting(went),
    }


def _sums(metrics):
    sums = ", ".join(f"sum(sign) FILTER (WHERE {what}) AS {name}" for name, what in metrics.items())
    values = ", ".join(f"('{name}', {name})" for name in metrics)
    return lambda rows: SUMS.format(rows=rows, sums=sums, metrics=values)


def _counters():
    for table, (columns, metrics) in COUNTED.items():
        yield table, _statements(columns, _sums(metrics))
    yield "register_keygroupentry", _statements(
        'place_code, "group", to_date', lambda rows: GROUPS.format(rows=rows)
    )


class Migration(migrations.Migration):

    replaces = [('register', '0001_initial'), ('register', '0002_lean_history'), ('register', '0003_ended_by_death'), ('register', '0004_counters'), ('register', '0005_separated'), ('register', '0006_by_door')]

    initial = True

    dependencies = [
        ('core', '0001_squashed_0009_daily_runs'),
        ('people', '0001_squashed_0007_reasons_of_pairs'),
        ('regions', '0001_squashed_0004_movable'),
    ]

    operations = [
        fangxian.common.operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='Household',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('room', models.CharField(blank=True, db_collation='C', max_length=20, verbose_name='room')),
                        ('number', models.CharField(blank=True, max_length=30, verbose_name='household number')),
                        ('kind', models.CharField(choices=[('family', 'family'), ('collective', 'collective')], default='family', max_length=12, verbose_name='kind')),
                        ('state', models.CharField(choices=[('lived_in', 'lived in'), ('empty', 'nobody lives here'), ('closed', 'closed')], default='lived_in', max_length=12, verbose_name='state')),
                        ('address', models.CharField(blank=True, max_length=200, verbose_name='address')),
                        ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                        ('building', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.region')),
                        ('unit', models.ForeignKey(blank=True, db_index=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.region')),
                    ],
                    options={
                        'verbose_name': 'household',
                        'verbose_name_plural': 'households',
                        'indexes': [models.Index(models.F('place_code'), django.db.models.functions.text.Length('room'), models.F('room'), models.F('id'), name='household_by_door')],
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(django.db.models.lookups.Exact(django.db.models.functions.text.Length('place_code'), 18), ('unit', None)), models.Q(django.db.models.lookups.Exact(django.db.models.functions.text.Length('place_code'), 20), ('unit__isnull', False)), _connector='OR'), name='household_lies_in_a_building'), models.CheckConstraint(condition=models.Q(('state__in', ['lived_in', 'empty', 'closed'])), name='household_state')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "register_householdhistory" ("address", "building_id", "created_at", "id", "kind", "note", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "room", "state", "unit_id") SELECT new_values."address", new_values."building_id", new_values."created_at", new_values."id", new_values."kind", new_values."note", new_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."room", new_values."state", new_values."unit_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='9735e73bcff721152bada13befa2d0c7173ba508', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_7fcb3', referencing='REFERENCING NEW TABLE AS new_values ', table='register_household', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "register_householdhistory" ("address", "building_id", "created_at", "id", "kind", "note", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "room", "state", "unit_id") SELECT new_values."address", new_values."building_id", new_values."created_at", new_values."id", new_values."kind", new_values."note", new_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."room", new_values."state", new_values."unit_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='ced4a7506ab82adc42098b9662ebcff53490a603', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_145d3', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='register_household', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "register_householdhistory" ("address", "building_id", "created_at", "id", "kind", "note", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "room", "state", "unit_id") SELECT old_values."address", old_values."building_id", old_values."created_at", old_values."id", old_values."kind", old_values."note", old_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."room", old_values."state", old_values."unit_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='f381cf75e746e11d42a80f4891330bcc6bb58ef0', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_703e3', referencing='REFERENCING OLD TABLE AS old_values ', table='register_household', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='HouseholdHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('room', models.CharField(blank=True, db_collation='C', max_length=20, verbose_name='room')),
                        ('number', models.CharField(blank=True, max_length=30, verbose_name='household number')),
                        ('kind', models.CharField(choices=[('family', 'family'), ('collective', 'collective')], default='family', max_length=12, verbose_name='kind')),
                        ('state', models.CharField(choices=[('lived_in', 'lived in'), ('empty', 'nobody lives here'), ('closed', 'closed')], default='lived_in', max_length=12, verbose_name='state')),
                        ('address', models.CharField(blank=True, max_length=200, verbose_name='address')),
                        ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                        ('building', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='register.household')),
                        ('unit', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='KeyGroupEntry',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('group', models.CharField(max_length=20, verbose_name='key group')),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('to_date', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('emergency_id', models.UUIDField(editable=False, null=True)),
                        ('note', fangxian.common.fields.SealedTextField(blank=True, column='register.keygroup.note', editable=True, emergency='emergency_id', null=True, verbose_name='note')),
                        ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='key_groups', to='people.person')),
                        ('ended_by_death', models.BooleanField(db_default=False, default=False, editable=False)),
                    ],
                    options={
                        'verbose_name': 'member of a key group',
                        'verbose_name_plural': 'members of key groups',
                        'indexes': [models.Index(fields=['place_code', 'group'], name='key_group_place')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('to_date', None)), fields=('person', 'group'), name='key_group_once'), models.CheckConstraint(condition=models.Q(('to_date', None), ('to_date__gte', models.F('from_date')), _connector='OR'), name='key_group_dates')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "register_keygroupentryhistory" ("created_at", "emergency_id", "ended_by_death", "from_date", "group", "id", "note", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "to_date") SELECT new_values."created_at", new_values."emergency_id", new_values."ended_by_death", new_values."from_date", new_values."group", new_values."id", new_values."note", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."to_date" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='da55d5c45141666fd934d453b13eece13c01eac4', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_d589c', referencing='REFERENCING NEW TABLE AS new_values ', table='register_keygroupentry', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "register_keygroupentryhistory" ("created_at", "emergency_id", "ended_by_death", "from_date", "group", "id", "note", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "to_date") SELECT new_values."created_at", new_values."emergency_id", new_values."ended_by_death", new_values."from_date", new_values."group", new_values."id", new_values."note", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."to_date" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='5ac48985572f9568024a83c010ee37a39bfb5356', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_5791d', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='register_keygroupentry', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "register_keygroupentryhistory" ("created_at", "emergency_id", "ended_by_death", "from_date", "group", "id", "note", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "to_date") SELECT old_values."created_at", old_values."emergency_id", old_values."ended_by_death", old_values."from_date", old_values."group", old_values."id", old_values."note", old_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."to_date" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='fe0482a69a0bd5d8078b1d5225da03183412b185', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_66efe', referencing='REFERENCING OLD TABLE AS old_values ', table='register_keygroupentry', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='KeyGroupEntryHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('group', models.CharField(max_length=20, verbose_name='key group')),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('to_date', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('emergency_id', models.UUIDField(editable=False, null=True)),
                        ('note', fangxian.common.fields.SealedTextField(blank=True, column='register.keygroup.note', editable=True, emergency='emergency_id', null=True, verbose_name='note')),
                        ('person', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='register.keygroupentry')),
                        ('ended_by_death', models.BooleanField(db_default=False, default=False, editable=False)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Residency',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('relation', models.CharField(default='other', max_length=12, verbose_name='relation to the head')),
                        ('kind', models.CharField(default='registered', max_length=12, verbose_name='lives here as')),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('to_date', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('ended', models.CharField(blank=True, choices=[('moved', 'moved out'), ('died', 'died'), ('mistake', 'was never here'), ('merged', 'recorded twice')], max_length=8, verbose_name='ended by')),
                        ('away_since', models.DateField(blank=True, null=True, verbose_name='away since')),
                        ('away_where', models.CharField(blank=True, max_length=80, verbose_name='away to')),
                        ('household', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='residencies', to='register.household')),
                        ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='residencies', to='people.person')),
                    ],
                    options={
                        'verbose_name': 'residency',
                        'verbose_name_plural': 'residencies',
                        'indexes': [models.Index(fields=['place_code'], name='residency_place')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('to_date', None)), fields=('household', 'person'), name='residency_once_in_a_household'), models.UniqueConstraint(condition=models.Q(('relation', 'head'), ('to_date', None)), fields=('household',), name='one_head_a_household'), models.CheckConstraint(condition=models.Q(('to_date', None), ('to_date__gte', models.F('from_date')), _connector='OR'), name='residency_dates'), models.CheckConstraint(condition=models.Q(models.Q(('ended', ''), ('to_date', None)), models.Q(models.Q(('to_date', None), _negated=True), models.Q(('ended', ''), _negated=True)), _connector='OR'), name='residency_end_has_a_reason'), models.CheckConstraint(condition=models.Q(('away_since', None), ('away_since__gte', models.F('from_date')), _connector='OR'), name='residency_away_while_here')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "register_residencyhistory" ("away_since", "away_where", "created_at", "ended", "from_date", "household_id", "id", "kind", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "relation", "to_date") SELECT new_values."away_since", new_values."away_where", new_values."created_at", new_values."ended", new_values."from_date", new_values."household_id", new_values."id", new_values."kind", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."relation", new_values."to_date" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='7924c70a9e10b6f2cd39f52b497d91f5044e2e83', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_3afed', referencing='REFERENCING NEW TABLE AS new_values ', table='register_residency', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "register_residencyhistory" ("away_since", "away_where", "created_at", "ended", "from_date", "household_id", "id", "kind", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "relation", "to_date") SELECT new_values."away_since", new_values."away_where", new_values."created_at", new_values."ended", new_values."from_date", new_values."household_id", new_values."id", new_values."kind", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."relation", new_values."to_date" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='58d33ba1f083db2f636a9512aead2ecae5b32cf9', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_fef96', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='register_residency', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "register_residencyhistory" ("away_since", "away_where", "created_at", "ended", "from_date", "household_id", "id", "kind", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "relation", "to_date") SELECT old_values."away_since", old_values."away_where", old_values."created_at", old_values."ended", old_values."from_date", old_values."household_id", old_values."id", old_values."kind", old_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."relation", old_values."to_date" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='321fc1668c3ec30e95f1c0f06fd91280bfef00b7', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_28043', referencing='REFERENCING OLD TABLE AS old_values ', table='register_residency', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='ResidencyHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('relation', models.CharField(default='other', max_length=12, verbose_name='relation to the head')),
                        ('kind', models.CharField(default='registered', max_length=12, verbose_name='lives here as')),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('to_date', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('ended', models.CharField(blank=True, choices=[('moved', 'moved out'), ('died', 'died'), ('mistake', 'was never here'), ('merged', 'recorded twice')], max_length=8, verbose_name='ended by')),
                        ('away_since', models.DateField(blank=True, null=True, verbose_name='away since')),
                        ('away_where', models.CharField(blank=True, max_length=80, verbose_name='away to')),
                        ('household', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='register.household')),
                        ('person', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='register.residency')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Establishment',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('name', models.CharField(max_length=120, verbose_name='name')),
                        ('kind', models.CharField(max_length=20, verbose_name='kind')),
                        ('credit_code', models.CharField(blank=True, max_length=18, verbose_name='unified social credit code')),
                        ('address', models.CharField(blank=True, max_length=200, verbose_name='address')),
                        ('contact_name', models.CharField(blank=True, max_length=60, verbose_name='contact')),
                        ('contact_phone', fangxian.common.fields.SealedTextField(blank=True, column='register.establishment.phone', editable=True, null=True, verbose_name="contact's phone")),
                        ('contact_phone_index', fangxian.common.fields.BlindIndexField(column='register.establishment.phone', null=True, source='contact_phone')),
                        ('staff_count', models.PositiveIntegerField(blank=True, null=True, verbose_name='staff')),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('to_date', models.DateField(blank=True, null=True, verbose_name='until')),
                    ],
                    options={
                        'verbose_name': 'establishment',
                        'verbose_name_plural': 'establishments',
                        'indexes': [models.Index(fields=['place_code', 'kind'], name='establishment_place'), models.Index(fields=['credit_code'], name='establishment_credit')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('to_date', None), ('to_date__gte', models.F('from_date')), _connector='OR'), name='establishment_dates'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='establishment_name')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "register_establishmenthistory" ("address", "contact_name", "contact_phone", "contact_phone_index", "created_at", "credit_code", "from_date", "id", "kind", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "staff_count", "to_date") SELECT new_values."address", new_values."contact_name", new_values."contact_phone", new_values."contact_phone_index", new_values."created_at", new_values."credit_code", new_values."from_date", new_values."id", new_values."kind", new_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."staff_count", new_values."to_date" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='a3a6a9c31574dddf5a6f0a801ed20b3e84e1b4fb', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_1040e', referencing='REFERENCING NEW TABLE AS new_values ', table='register_establishment', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "register_establishmenthistory" ("address", "contact_name", "contact_phone", "contact_phone_index", "created_at", "credit_code", "from_date", "id", "kind", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "staff_count", "to_date") SELECT new_values."address", new_values."contact_name", new_values."contact_phone", new_values."contact_phone_index", new_values."created_at", new_values."credit_code", new_values."from_date", new_values."id", new_values."kind", new_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."staff_count", new_values."to_date" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='301bfda56e85ff99c323579cfd4ecfda904a1d4c', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_34af1', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='register_establishment', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "register_establishmenthistory" ("address", "contact_name", "contact_phone", "contact_phone_index", "created_at", "credit_code", "from_date", "id", "kind", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "staff_count", "to_date") SELECT old_values."address", old_values."contact_name", old_values."contact_phone", old_values."contact_phone_index", old_values."created_at", old_values."credit_code", old_values."from_date", old_values."id", old_values."kind", old_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."staff_count", old_values."to_date" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='16746b562ef751854397b347ecea8c7b78333180', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_950ca', referencing='REFERENCING OLD TABLE AS old_values ', table='register_establishment', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='EstablishmentHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('name', models.CharField(max_length=120, verbose_name='name')),
                        ('kind', models.CharField(max_length=20, verbose_name='kind')),
                        ('credit_code', models.CharField(blank=True, max_length=18, verbose_name='unified social credit code')),
                        ('address', models.CharField(blank=True, max_length=200, verbose_name='address')),
                        ('contact_name', models.CharField(blank=True, max_length=60, verbose_name='contact')),
                        ('contact_phone', fangxian.common.fields.SealedTextField(blank=True, column='register.establishment.phone', editable=True, null=True, verbose_name="contact's phone")),
                        ('contact_phone_index', fangxian.common.fields.BlindIndexField(column='register.establishment.phone', null=True, source='contact_phone')),
                        ('staff_count', models.PositiveIntegerField(blank=True, null=True, verbose_name='staff')),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('to_date', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='register.establishment')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
            ],
        ),
        *(
            migrations.RunSQL(
                FUNCTION.format(table=table, **statements), f"DROP FUNCTION {table}_counts() CASCADE"
            )
            for table, statements in _counters()
        ),
    ]
