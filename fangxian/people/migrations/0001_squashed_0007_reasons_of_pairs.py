"""The tables of the room, and its functions of the database: what must look across places."""

import django.db.models.deletion
import fangxian.common.fields
import fangxian.common.ids
import fangxian.common.operations
import pghistory.utils
import pgtrigger.compiler
from django.db import migrations, models

# Suffixes (found by range, so any piece of two or more characters is found), single characters
# (found by equality) and the pinyin initials. All tokens of one name differ.
TOKENS = """
CREATE FUNCTION people_tokens(name text, initials text) RETURNS SETOF text
LANGUAGE sql IMMUTABLE PARALLEL SAFE AS $$
    WITH form AS (
        SELECT left(lower(translate(name, U&' \\3000\\00B7\\2022\\30FB\\2027\\2219.-''', '')), 24) AS t
    )
    SELECT substr(t, i) FROM form, generate_series(1, length(t)) i
    UNION ALL
    SELECT substr(t, i, 1) FROM form, generate_series(1, length(t) - 1) i
    WHERE position(substr(t, i, 1) IN substr(t, 1, i - 1)) = 0 AND substr(t, i, 1) <> right(t, 1)
    UNION ALL
    SELECT people_tokens.initials FROM form WHERE people_tokens.initials NOT IN ('', t)
$$;
"""
# It runs as the schema's owner, who is bound by row-level security too, with the range of the whole
# country while it works; an error takes the range back with everything else. It returns tokens (ids
# of queue entries, which the caller sees only where the entry lies in the caller's own area),
# nothing about a person.
MATCH = """
CREATE FUNCTION people_match(
    persons uuid[], kinds text[], indexes bytea[], others uuid[], why text
) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
    pair record;
    place record;
    entry uuid;
BEGIN
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    FOR pair IN
        SELECT DISTINCT least(a, b) AS a, greatest(a, b) AS b FROM (
            SELECT given.a, given.b FROM unnest(persons, others) AS given(a, b)
            WHERE others IS NOT NULL
            UNION ALL
            SELECT mine.person, theirs.person_id
            FROM unnest(persons, kinds, indexes) AS mine(person, kind, number),
                 -- OFFSET keeps it one look into the index a document, whatever the statistics say.
                 LATERAL (SELECT d.person_id FROM people_persondocument d
                          WHERE d.number_index = mine.number AND d.kind = mine.kind
                          OFFSET 0) theirs
            WHERE others IS NULL
        ) found WHERE a <> b
    LOOP
        CONTINUE WHEN EXISTS (
            SELECT 1 FROM people_person
            WHERE id IN (pair.a, pair.b) AND merged_into_id IS NOT NULL
        );
        SELECT min(place_code) AS low, max(place_code) AS high INTO place
        FROM people_personlink WHERE person_id IN (pair.a, pair.b);
        -- Nothing contains two provinces; `fangxian check` names such a pair.
        CONTINUE WHEN place.low IS NULL OR left(place.low, 2) <> left(place.high, 2);
        INSERT INTO people_mergecandidate AS known
            (id, created_at, place_code, first_id, second_id, reason, state)
        SELECT gen_random_uuid(), clock_timestamp(), (
            -- The longest code that begins both the least and the greatest contains all.
            SELECT left(place.low, size)
            FROM unnest(ARRAY[20, 18, 15, 12, 9, 6, 4, 2]) size
            WHERE length(place.low) >= size AND left(place.low, size) = left(place.high, size)
            ORDER BY size DESC LIMIT 1), pair.a, pair.b, why, 'open'
        ON CONFLICT (first_id, second_id) DO UPDATE SET place_code = excluded.place_code
        RETURNING known.id INTO entry;
        RETURN NEXT entry;
    END LOOP;
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""
# They run as the schema's owner with the range of the whole country, for persons whom the caller
# sees in the caller's own range, and return nothing: who has renamed somebody known in two areas
# must not learn of the other, but the other must find the new name.
WIDE = """
CREATE FUNCTION people_{verb}_tokens(persons uuid[]) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
    seen uuid[];
BEGIN
    SELECT array_agg(id) INTO seen FROM people_person WHERE id = ANY (persons);
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    {statement};
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""
ERASE = """
    DELETE FROM people_nametoken USING people_person person,
         LATERAL people_tokens(person.name, person.initials) gone
    WHERE person.id = ANY (seen) AND people_nametoken.person_id = person.id
      AND people_nametoken.token = gone
"""
WRITE = """
    INSERT INTO people_nametoken (token, place_code, person_id)
    SELECT token, place.code, person.id
    FROM people_person person
    JOIN (SELECT DISTINCT person_id, place_code AS code FROM people_personlink
          WHERE person_id = ANY (seen) AND kind <> 'merged') place ON place.person_id = person.id,
         LATERAL people_tokens(person.name, person.initials) token
    ON CONFLICT DO NOTHING
"""
# It runs as the schema's owner with the range of the whole country while it works, since a merged
# record lies where the decision was taken, which may be above who asks. It returns ids, nothing
# about a person.
RECORDS = """
CREATE FUNCTION people_records(kept uuid) RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
BEGIN
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    RETURN QUERY
        WITH RECURSIVE one(id) AS (
            SELECT kept
            UNION
            SELECT p.id FROM people_person p JOIN one ON p.merged_into_id = one.id
        )
        SELECT id FROM one;
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""


class Migration(migrations.Migration):

    replaces = [('people', '0001_initial'), ('people', '0002_functions'), ('people', '0003_lean_history'), ('people', '0004_tokens_everywhere'), ('people', '0005_match_in_a_province'), ('people', '0006_records_of_one'), ('people', '0007_reasons_of_pairs')]

    initial = True

    dependencies = [
    ]

    operations = [
        fangxian.common.operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='MergeCandidate',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('reason', models.CharField(choices=[('document', 'same document'), ('phone', 'same name and phone'), ('named', 'pointed out by a colleague')], max_length=12, verbose_name='why')),
                        ('state', models.CharField(choices=[('open', 'to be decided'), ('merged', 'merged'), ('dismissed', 'two different people')], default='open', max_length=10, verbose_name='state')),
                        ('decided_at', models.DateTimeField(null=True, verbose_name='decided')),
                        ('decided_by', models.UUIDField(null=True)),
                        ('first', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.person')),
                        ('second', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='people.person')),
                    ],
                    options={
                        'verbose_name': 'possible duplicate',
                        'verbose_name_plural': 'possible duplicates',
                        'indexes': [models.Index(fields=['place_code', 'state'], name='candidate_place')],
                        'constraints': [models.UniqueConstraint(fields=('first', 'second'), name='candidate_once'), models.CheckConstraint(condition=models.Q(('first__lt', models.F('second'))), name='candidate_ordered')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "people_mergecandidatehistory" ("created_at", "decided_at", "decided_by", "first_id", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "reason", "second_id", "state") SELECT new_values."created_at", new_values."decided_at", new_values."decided_by", new_values."first_id", new_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."reason", new_values."second_id", new_values."state" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='ab40dae2037a05e766a7c14cef201a26edc35a88', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_c1a3c', referencing='REFERENCING NEW TABLE AS new_values ', table='people_mergecandidate', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "people_mergecandidatehistory" ("created_at", "decided_at", "decided_by", "first_id", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "reason", "second_id", "state") SELECT new_values."created_at", new_values."decided_at", new_values."decided_by", new_values."first_id", new_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."reason", new_values."second_id", new_values."state" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='5e666b51b477a56993fb9b4e1cb3fecaecc975d2', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_2c984', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='people_mergecandidate', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "people_mergecandidatehistory" ("created_at", "decided_at", "decided_by", "first_id", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "reason", "second_id", "state") SELECT old_values."created_at", old_values."decided_at", old_values."decided_by", old_values."first_id", old_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."reason", old_values."second_id", old_values."state" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='8bb739e27402575d3367f1e96b799c6bf75e3b7c', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_82ab4', referencing='REFERENCING OLD TABLE AS old_values ', table='people_mergecandidate', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='MergeCandidateHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('reason', models.CharField(choices=[('document', 'same document'), ('phone', 'same name and phone'), ('named', 'pointed out by a colleague')], max_length=12, verbose_name='why')),
                        ('state', models.CharField(choices=[('open', 'to be decided'), ('merged', 'merged'), ('dismissed', 'two different people')], default='open', max_length=10, verbose_name='state')),
                        ('decided_at', models.DateTimeField(null=True, verbose_name='decided')),
                        ('decided_by', models.UUIDField(null=True)),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='people.mergecandidate')),
                        ('first', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person')),
                        ('second', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Merge',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('changed', models.JSONField(default=dict)),
                        ('moved', models.JSONField(default=dict)),
                        ('merged_by', models.UUIDField(null=True)),
                        ('undone_at', models.DateTimeField(null=True, verbose_name='undone')),
                        ('undone_by', models.UUIDField(null=True)),
                        ('candidate', models.ForeignKey(null=True, on_delete=django.db.models.deletion.PROTECT, related_name='merges', to='people.mergecandidate')),
                        ('kept', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                        ('lost', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                    ],
                    options={
                        'verbose_name': 'merge',
                        'verbose_name_plural': 'merges',
                        'constraints': [models.CheckConstraint(condition=models.Q(('kept', models.F('lost')), _negated=True), name='merge_two'), models.UniqueConstraint(condition=models.Q(('undone_at', None)), fields=('lost',), name='merged_once')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "people_mergehistory" ("candidate_id", "changed", "created_at", "id", "kept_id", "lost_id", "merged_by", "moved", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "undone_at", "undone_by") SELECT new_values."candidate_id", new_values."changed", new_values."created_at", new_values."id", new_values."kept_id", new_values."lost_id", new_values."merged_by", new_values."moved", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."undone_at", new_values."undone_by" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='df6b65ba8a7d87a8486544c84611b79fd20d5067', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_97c77', referencing='REFERENCING NEW TABLE AS new_values ', table='people_merge', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "people_mergehistory" ("candidate_id", "changed", "created_at", "id", "kept_id", "lost_id", "merged_by", "moved", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "undone_at", "undone_by") SELECT new_values."candidate_id", new_values."changed", new_values."created_at", new_values."id", new_values."kept_id", new_values."lost_id", new_values."merged_by", new_values."moved", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."undone_at", new_values."undone_by" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='e02194e5e442d649241a4eee147e272f3dd51e2f', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_2a729', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='people_merge', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "people_mergehistory" ("candidate_id", "changed", "created_at", "id", "kept_id", "lost_id", "merged_by", "moved", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "undone_at", "undone_by") SELECT old_values."candidate_id", old_values."changed", old_values."created_at", old_values."id", old_values."kept_id", old_values."lost_id", old_values."merged_by", old_values."moved", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."undone_at", old_values."undone_by" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='db101e1f73e038f4144c68b8885f1cb3c6582d30', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_d8329', referencing='REFERENCING OLD TABLE AS old_values ', table='people_merge', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='MergeHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('changed', models.JSONField(default=dict)),
                        ('moved', models.JSONField(default=dict)),
                        ('merged_by', models.UUIDField(null=True)),
                        ('undone_at', models.DateTimeField(null=True, verbose_name='undone')),
                        ('undone_by', models.UUIDField(null=True)),
                        ('candidate', models.ForeignKey(db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.mergecandidate')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='people.merge')),
                        ('kept', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person')),
                        ('lost', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='NameToken',
                    fields=[
                        ('pk', models.CompositePrimaryKey('token', 'place_code', 'person_id', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('token', models.CharField(db_collation='C', max_length=24)),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('person_id', models.UUIDField()),
                    ],
                    options={
                        'indexes': [models.Index(fields=['place_code'], name='token_place')],
                    },
                ),
                migrations.CreateModel(
                    name='Person',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('name', models.CharField(max_length=60, verbose_name='name')),
                        ('initials', models.CharField(blank=True, editable=False, max_length=24)),
                        ('sex', models.CharField(choices=[('0', 'unknown'), ('1', 'male'), ('2', 'female'), ('9', 'not stated')], default='0', max_length=1, verbose_name='sex')),
                        ('birth_date', models.DateField(blank=True, null=True, verbose_name='date of birth')),
                        ('ethnicity', models.CharField(blank=True, max_length=2, verbose_name='ethnicity')),
                        ('nationality', models.CharField(default='CHN', max_length=3, verbose_name='nationality')),
                        ('registered_address', models.CharField(blank=True, max_length=200, verbose_name='registered address')),
                        ('employer', models.CharField(blank=True, max_length=120, verbose_name='workplace or school')),
                        ('deceased_on', models.DateField(blank=True, null=True, verbose_name='died on')),
                        ('merged_into', models.ForeignKey(blank=True, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='people.person')),
                    ],
                    options={
                        'verbose_name': 'person',
                        'verbose_name_plural': 'persons',
                        'indexes': [models.Index(condition=models.Q(('merged_into', None), _negated=True), fields=['merged_into'], name='person_merged')],
                        'constraints': [models.CheckConstraint(condition=models.Q(('sex__in', ['0', '1', '2', '9'])), name='person_sex'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='person_name'), models.CheckConstraint(condition=models.Q(('deceased_on', None), ('birth_date', None), ('deceased_on__gte', models.F('birth_date')), _connector='OR'), name='person_dates'), models.CheckConstraint(condition=models.Q(('merged_into', None), models.Q(('merged_into', models.F('id')), _negated=True), _connector='OR'), name='person_not_itself')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "people_personhistory" ("birth_date", "created_at", "deceased_on", "employer", "ethnicity", "id", "initials", "merged_into_id", "name", "nationality", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "registered_address", "sex") SELECT new_values."birth_date", new_values."created_at", new_values."deceased_on", new_values."employer", new_values."ethnicity", new_values."id", new_values."initials", new_values."merged_into_id", new_values."name", new_values."nationality", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."registered_address", new_values."sex" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='550c4f1e9d8782b4e5a9f6aa846a7a3b0b14083d', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_65688', referencing='REFERENCING NEW TABLE AS new_values ', table='people_person', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "people_personhistory" ("birth_date", "created_at", "deceased_on", "employer", "ethnicity", "id", "initials", "merged_into_id", "name", "nationality", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "registered_address", "sex") SELECT new_values."birth_date", new_values."created_at", new_values."deceased_on", new_values."employer", new_values."ethnicity", new_values."id", new_values."initials", new_values."merged_into_id", new_values."name", new_values."nationality", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."registered_address", new_values."sex" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='681b0f7bb858464a3f88e0a5d553c4095a71710f', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_de829', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='people_person', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "people_personhistory" ("birth_date", "created_at", "deceased_on", "employer", "ethnicity", "id", "initials", "merged_into_id", "name", "nationality", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "registered_address", "sex") SELECT old_values."birth_date", old_values."created_at", old_values."deceased_on", old_values."employer", old_values."ethnicity", old_values."id", old_values."initials", old_values."merged_into_id", old_values."name", old_values."nationality", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."registered_address", old_values."sex" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='8d31bba32caedcc4d4d4e1bb7ce266982ecf2020', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_2ca2d', referencing='REFERENCING OLD TABLE AS old_values ', table='people_person', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='PersonHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('name', models.CharField(max_length=60, verbose_name='name')),
                        ('initials', models.CharField(blank=True, editable=False, max_length=24)),
                        ('sex', models.CharField(choices=[('0', 'unknown'), ('1', 'male'), ('2', 'female'), ('9', 'not stated')], default='0', max_length=1, verbose_name='sex')),
                        ('birth_date', models.DateField(blank=True, null=True, verbose_name='date of birth')),
                        ('ethnicity', models.CharField(blank=True, max_length=2, verbose_name='ethnicity')),
                        ('nationality', models.CharField(default='CHN', max_length=3, verbose_name='nationality')),
                        ('registered_address', models.CharField(blank=True, max_length=200, verbose_name='registered address')),
                        ('employer', models.CharField(blank=True, max_length=120, verbose_name='workplace or school')),
                        ('deceased_on', models.DateField(blank=True, null=True, verbose_name='died on')),
                        ('merged_into', models.ForeignKey(blank=True, db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='people.person')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='PersonDocument',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('kind', models.CharField(max_length=20, verbose_name='kind of document')),
                        ('emergency_id', models.UUIDField(editable=False, null=True)),
                        ('number', fangxian.common.fields.SealedTextField(column='people.document.number', editable=True, emergency='emergency_id', verbose_name='number')),
                        ('number_index', fangxian.common.fields.BlindIndexField(column='people.document.number', null=True, source='number')),
                        ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='documents', to='people.person')),
                    ],
                    options={
                        'verbose_name': 'document',
                        'verbose_name_plural': 'documents',
                        'indexes': [models.Index(fields=['number_index'], name='document_number')],
                        'constraints': [models.UniqueConstraint(fields=('person', 'kind', 'number_index'), name='document_once_a_person')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "people_persondocumenthistory" ("created_at", "emergency_id", "id", "kind", "number", "number_index", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT new_values."created_at", new_values."emergency_id", new_values."id", new_values."kind", new_values."number", new_values."number_index", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='43cde70ba0d92998f2353b65600a8c06f4e08d5a', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_b9b67', referencing='REFERENCING NEW TABLE AS new_values ', table='people_persondocument', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "people_persondocumenthistory" ("created_at", "emergency_id", "id", "kind", "number", "number_index", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT new_values."created_at", new_values."emergency_id", new_values."id", new_values."kind", new_values."number", new_values."number_index", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='be0edeabe23f24e1152906b1b2f1d03a7a16295f', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_64f4c', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='people_persondocument', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "people_persondocumenthistory" ("created_at", "emergency_id", "id", "kind", "number", "number_index", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."created_at", old_values."emergency_id", old_values."id", old_values."kind", old_values."number", old_values."number_index", old_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='efb4d553b8e7be292fd25f4fdce2f1147e3dd08c', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_e0ccd', referencing='REFERENCING OLD TABLE AS old_values ', table='people_persondocument', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='PersonDocumentHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('kind', models.CharField(max_length=20, verbose_name='kind of document')),
                        ('emergency_id', models.UUIDField(editable=False, null=True)),
                        ('number', fangxian.common.fields.SealedTextField(column='people.document.number', editable=True, emergency='emergency_id', verbose_name='number')),
                        ('number_index', fangxian.common.fields.BlindIndexField(column='people.document.number', null=True, source='number')),
                        ('person', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='people.persondocument')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='PersonLink',
                    fields=[
                        ('pk', models.CompositePrimaryKey('person', 'place_code', 'kind', 'source_id', blank=True, editable=False, primary_key=True, serialize=False)),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('kind', models.CharField(max_length=12)),
                        ('source_id', models.UUIDField()),
                        ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='links', to='people.person')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['place_code'], name='link_place')],
                    },
                ),
                migrations.CreateModel(
                    name='PersonPhone',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('emergency_id', models.UUIDField(editable=False, null=True)),
                        ('number', fangxian.common.fields.SealedTextField(column='people.phone.number', editable=True, emergency='emergency_id', verbose_name='phone')),
                        ('number_index', fangxian.common.fields.BlindIndexField(column='people.phone.number', null=True, source='number')),
                        ('label', models.CharField(blank=True, max_length=20, verbose_name='whose or what for')),
                        ('person', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='phones', to='people.person')),
                    ],
                    options={
                        'verbose_name': 'phone',
                        'verbose_name_plural': 'phones',
                        'indexes': [models.Index(fields=['number_index'], name='phone_number')],
                        'constraints': [models.UniqueConstraint(fields=('person', 'number_index'), name='phone_once_a_person')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "people_personphonehistory" ("created_at", "emergency_id", "id", "label", "number", "number_index", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT new_values."created_at", new_values."emergency_id", new_values."id", new_values."label", new_values."number", new_values."number_index", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='9e8f19e52ddd2782c2f545385956a72e29e5ca30', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_42517', referencing='REFERENCING NEW TABLE AS new_values ', table='people_personphone', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "people_personphonehistory" ("created_at", "emergency_id", "id", "label", "number", "number_index", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT new_values."created_at", new_values."emergency_id", new_values."id", new_values."label", new_values."number", new_values."number_index", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='de874061da70e05b8676a894dbf7e48f978022ad', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_0d5b9', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='people_personphone', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "people_personphonehistory" ("created_at", "emergency_id", "id", "label", "number", "number_index", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id") SELECT old_values."created_at", old_values."emergency_id", old_values."id", old_values."label", old_values."number", old_values."number_index", old_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='df513f9bc0720605623d162a7ecb2b1d6355cc59', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_7c039', referencing='REFERENCING OLD TABLE AS old_values ', table='people_personphone', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='PersonPhoneHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('emergency_id', models.UUIDField(editable=False, null=True)),
                        ('number', fangxian.common.fields.SealedTextField(column='people.phone.number', editable=True, emergency='emergency_id', verbose_name='phone')),
                        ('number_index', fangxian.common.fields.BlindIndexField(column='people.phone.number', null=True, source='number')),
                        ('label', models.CharField(blank=True, max_length=20, verbose_name='whose or what for')),
                        ('person', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='people.personphone')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
            ],
        ),
        migrations.RunSQL(TOKENS, "DROP FUNCTION people_tokens(text, text)"),
        migrations.RunSQL(MATCH, "DROP FUNCTION people_match(uuid[], text[], bytea[], uuid[], text)"),
        migrations.RunSQL(
            WIDE.format(verb="erase", statement=ERASE), "DROP FUNCTION people_erase_tokens(uuid[])"
        ),
        migrations.RunSQL(
            WIDE.format(verb="write", statement=WRITE), "DROP FUNCTION people_write_tokens(uuid[])"
        ),
        migrations.RunSQL(RECORDS, "DROP FUNCTION people_records(uuid)"),
    ]
