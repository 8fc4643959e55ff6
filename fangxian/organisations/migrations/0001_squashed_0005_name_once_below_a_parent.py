"""The tables of the room, and how much somebody answers for, everywhere."""

import django.db.models.deletion
import fangxian.common.fields
import fangxian.common.ids
import fangxian.common.operations
import pghistory.utils
import pgtrigger.compiler
from django.db import migrations, models

# It runs as the schema's owner, who is bound by row-level security too, with the range of the whole
# country while it works; an error takes the range back with everything else. It tells days and an
# id that means nothing elsewhere, no place and no name.
LOAD = """
CREATE FUNCTION organisations_load(holders uuid[], wanted text[])
RETURNS TABLE (holder uuid, role text, first date, last date, responsibility uuid)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
BEGIN
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    RETURN QUERY
    SELECT coalesce(r.person_id, r.organisation_id), r.role::text, r.from_date, r.to_date, r.id
    FROM organisations_responsibility r
    WHERE (r.person_id = ANY (holders) OR r.organisation_id = ANY (holders))
      AND r.role = ANY (wanted) AND r.substitute_for_id IS NULL;
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""


class Migration(migrations.Migration):

    replaces = [('organisations', '0001_initial'), ('organisations', '0002_functions'), ('organisations', '0003_lean_history'), ('organisations', '0004_taken_back'), ('organisations', '0005_name_once_below_a_parent')]

    initial = True

    dependencies = [
        ('core', '0001_squashed_0009_daily_runs'),
        ('people', '0001_squashed_0007_reasons_of_pairs'),
        ('regions', '0001_squashed_0004_movable'),
        ('register', '0001_squashed_0006_by_door'),
    ]

    operations = [
        fangxian.common.operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='OrganisationKind',
                    fields=[
                        ('code', models.SlugField(max_length=40, primary_key=True, serialize=False, verbose_name='code')),
                        ('zh', models.CharField(max_length=60, verbose_name='Chinese name')),
                        ('en', models.CharField(blank=True, max_length=60, verbose_name='English name')),
                        ('permanent', models.BooleanField(default=True, verbose_name='permanent')),
                    ],
                    options={
                        'verbose_name': 'kind of organisation',
                        'verbose_name_plural': 'kinds of organisations',
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_organisationkindhistory" ("code", "en", "permanent", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "zh") SELECT new_values."code", new_values."en", new_values."permanent", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."code", new_values."zh" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='d2695635fb9865fcd06f25a4d0763c2d2f7a1229', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_5ba39', referencing='REFERENCING NEW TABLE AS new_values ', table='organisations_organisationkind', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_organisationkindhistory" ("code", "en", "permanent", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "zh") SELECT new_values."code", new_values."en", new_values."permanent", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."code", new_values."zh" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."code") = (new_values."code") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='eed95a109ac8f5d361d4483a3d96dd14d6ce832b', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_f4e75', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='organisations_organisationkind', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_organisationkindhistory" ("code", "en", "permanent", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "zh") SELECT old_values."code", old_values."en", old_values."permanent", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."code", old_values."zh" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='77d768246a99838911799ce82b78aa98d97ed5cf', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_e2ed7', referencing='REFERENCING OLD TABLE AS old_values ', table='organisations_organisationkind', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='OrganisationKindHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('code', models.SlugField(db_index=False, max_length=40, serialize=False, verbose_name='code')),
                        ('zh', models.CharField(max_length=60, verbose_name='Chinese name')),
                        ('en', models.CharField(blank=True, max_length=60, verbose_name='English name')),
                        ('permanent', models.BooleanField(default=True, verbose_name='permanent')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='organisations.organisationkind')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Responsibility',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('role', models.SlugField(max_length=40, verbose_name='role')),
                        ('holder_name', models.CharField(max_length=120, verbose_name='who answers')),
                        ('contact', fangxian.common.fields.SealedTextField(blank=True, column='organisations.responsibility.contact', editable=True, null=True, verbose_name='work phone')),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('to_date', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('rule_version', models.PositiveIntegerField()),
                        ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                        ('establishment', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='responsibilities', to='register.establishment')),
                        ('member', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='responsibilities', to='organisations.member')),
                        ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='responsibilities', to='organisations.organisation')),
                        ('person', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='responsibilities', to='people.person')),
                        ('place', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.region', verbose_name='place')),
                        ('substitute_for', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='substitutes', to='organisations.responsibility')),
                        ('cut_for', models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='cut', to='organisations.responsibility')),
                        ('cut_until', models.DateField(blank=True, editable=False, null=True)),
                        ('ended_by_death', models.BooleanField(db_default=False, default=False, editable=False)),
                    ],
                    options={
                        'verbose_name': 'responsibility',
                        'verbose_name_plural': 'responsibilities',
                        'indexes': [models.Index(fields=['place_code', 'role'], name='responsibility_place'), models.Index(fields=['place', 'role'], name='responsibility_region'), models.Index(condition=models.Q(('to_date', None)), fields=['person'], name='responsibility_person')],
                        'constraints': [models.CheckConstraint(condition=models.Q(models.Q(('organisation', None), ('person__isnull', False)), models.Q(('member', None), ('organisation__isnull', False), ('person', None)), _connector='OR'), name='responsibility_one_holder'), models.CheckConstraint(condition=models.Q(('to_date', None), ('to_date__gte', models.F('from_date')), _connector='OR'), name='responsibility_dates'), models.CheckConstraint(condition=models.Q(('substitute_for', None), ('to_date__isnull', False), _connector='OR'), name='substitution_has_an_end')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_responsibilityhistory" ("contact", "created_at", "cut_for_id", "cut_until", "ended_by_death", "establishment_id", "from_date", "holder_name", "id", "member_id", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "place_id", "reason", "role", "rule_version", "substitute_for_id", "to_date") SELECT new_values."contact", new_values."created_at", new_values."cut_for_id", new_values."cut_until", new_values."ended_by_death", new_values."establishment_id", new_values."from_date", new_values."holder_name", new_values."id", new_values."member_id", new_values."organisation_id", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."place_id", new_values."reason", new_values."role", new_values."rule_version", new_values."substitute_for_id", new_values."to_date" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='d29921afb3f7bff2c5f0a6af2e80610832460721', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_545ea', referencing='REFERENCING NEW TABLE AS new_values ', table='organisations_responsibility', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_responsibilityhistory" ("contact", "created_at", "cut_for_id", "cut_until", "ended_by_death", "establishment_id", "from_date", "holder_name", "id", "member_id", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "place_id", "reason", "role", "rule_version", "substitute_for_id", "to_date") SELECT new_values."contact", new_values."created_at", new_values."cut_for_id", new_values."cut_until", new_values."ended_by_death", new_values."establishment_id", new_values."from_date", new_values."holder_name", new_values."id", new_values."member_id", new_values."organisation_id", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."place_id", new_values."reason", new_values."role", new_values."rule_version", new_values."substitute_for_id", new_values."to_date" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='c5d0c5100ffc9c26b94709adfeddd298171cb2c0', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_e40b6', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='organisations_responsibility', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_responsibilityhistory" ("contact", "created_at", "cut_for_id", "cut_until", "ended_by_death", "establishment_id", "from_date", "holder_name", "id", "member_id", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "place_id", "reason", "role", "rule_version", "substitute_for_id", "to_date") SELECT old_values."contact", old_values."created_at", old_values."cut_for_id", old_values."cut_until", old_values."ended_by_death", old_values."establishment_id", old_values."from_date", old_values."holder_name", old_values."id", old_values."member_id", old_values."organisation_id", old_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."place_id", old_values."reason", old_values."role", old_values."rule_version", old_values."substitute_for_id", old_values."to_date" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='4d1d17e2c6b8d84e345a0a1db00a523014c05b54', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_a0f16', referencing='REFERENCING OLD TABLE AS old_values ', table='organisations_responsibility', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='ResponsibilityHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('role', models.SlugField(db_index=False, max_length=40, verbose_name='role')),
                        ('holder_name', models.CharField(max_length=120, verbose_name='who answers')),
                        ('contact', fangxian.common.fields.SealedTextField(blank=True, column='organisations.responsibility.contact', editable=True, null=True, verbose_name='work phone')),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('to_date', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('rule_version', models.PositiveIntegerField()),
                        ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                        ('establishment', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='register.establishment')),
                        ('member', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='organisations.member')),
                        ('organisation', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='organisations.organisation')),
                        ('person', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='organisations.responsibility')),
                        ('place', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region', verbose_name='place')),
                        ('substitute_for', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='organisations.responsibility')),
                        ('cut_for', models.ForeignKey(blank=True, db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='organisations.responsibility')),
                        ('cut_until', models.DateField(blank=True, editable=False, null=True)),
                        ('ended_by_death', models.BooleanField(db_default=False, default=False, editable=False)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='ResponsibilityHousehold',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('to_date', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('household', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='member_links', to='register.household')),
                        ('responsibility', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='households', to='organisations.responsibility')),
                    ],
                    options={
                        'verbose_name': 'household of a member',
                        'verbose_name_plural': 'households of members',
                        'indexes': [models.Index(fields=['place_code'], name='member_household_place')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('to_date', None)), fields=('household',), name='household_one_member')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_responsibilityhouseholdhistory" ("from_date", "household_id", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "responsibility_id", "to_date") SELECT new_values."from_date", new_values."household_id", new_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."responsibility_id", new_values."to_date" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='2fa653944fd3ed7c77b97f8f6a8305f52abf5184', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_15283', referencing='REFERENCING NEW TABLE AS new_values ', table='organisations_responsibilityhousehold', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_responsibilityhouseholdhistory" ("from_date", "household_id", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "responsibility_id", "to_date") SELECT new_values."from_date", new_values."household_id", new_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."responsibility_id", new_values."to_date" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='a98cde33391d04a5e8b755a4cb183e6635c9474a', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_eae33', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='organisations_responsibilityhousehold', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_responsibilityhouseholdhistory" ("from_date", "household_id", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "responsibility_id", "to_date") SELECT old_values."from_date", old_values."household_id", old_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."responsibility_id", old_values."to_date" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='1abe161f14371ff6f66d6032b8cfdcca0f6b1ca6', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_936d5', referencing='REFERENCING OLD TABLE AS old_values ', table='organisations_responsibilityhousehold', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='ResponsibilityHouseholdHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('to_date', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('household', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='register.household')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='organisations.responsibilityhousehold')),
                        ('responsibility', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='organisations.responsibility')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Vacancy',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('role', models.SlugField(max_length=40, verbose_name='role')),
                        ('missing', models.PositiveSmallIntegerField(verbose_name='missing')),
                        ('since', models.DateField(verbose_name='since')),
                        ('place', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='+', to='regions.region')),
                    ],
                    options={
                        'verbose_name': 'vacancy',
                        'verbose_name_plural': 'vacancies',
                        'indexes': [models.Index(fields=['place_code'], name='vacancy_place')],
                        'constraints': [models.UniqueConstraint(fields=('place', 'role'), name='vacancy_once')],
                    },
                ),
                migrations.CreateModel(
                    name='Member',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('duty', models.CharField(blank=True, max_length=60, verbose_name='duty')),
                        ('rank', models.CharField(blank=True, max_length=40, verbose_name='rank')),
                        ('party_member', models.BooleanField(default=False, verbose_name='party member')),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('to_date', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='memberships', to='people.person')),
                        ('organisation', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='members', to='organisations.organisation')),
                        ('ended_by_death', models.BooleanField(db_default=False, default=False, editable=False)),
                    ],
                    options={
                        'verbose_name': 'member',
                        'verbose_name_plural': 'members',
                        'indexes': [models.Index(fields=['place_code', 'organisation'], name='member_place')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('to_date', None)), fields=('person', 'organisation'), name='member_once'), models.CheckConstraint(condition=models.Q(('to_date', None), ('to_date__gte', models.F('from_date')), _connector='OR'), name='member_dates')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_memberhistory" ("created_at", "duty", "ended_by_death", "from_date", "id", "organisation_id", "party_member", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "to_date") SELECT new_values."created_at", new_values."duty", new_values."ended_by_death", new_values."from_date", new_values."id", new_values."organisation_id", new_values."party_member", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."rank", new_values."to_date" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='feab7adf99709cb4f88e43568763c0a8b6a5aeb0', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_cd2e1', referencing='REFERENCING NEW TABLE AS new_values ', table='organisations_member', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_memberhistory" ("created_at", "duty", "ended_by_death", "from_date", "id", "organisation_id", "party_member", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "to_date") SELECT new_values."created_at", new_values."duty", new_values."ended_by_death", new_values."from_date", new_values."id", new_values."organisation_id", new_values."party_member", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."rank", new_values."to_date" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='d6ae6bec7225dbb38b2e214e4e6bddb8847cbfdb', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_a3ed8', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='organisations_member', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_memberhistory" ("created_at", "duty", "ended_by_death", "from_date", "id", "organisation_id", "party_member", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "to_date") SELECT old_values."created_at", old_values."duty", old_values."ended_by_death", old_values."from_date", old_values."id", old_values."organisation_id", old_values."party_member", old_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."rank", old_values."to_date" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='8f5a0853c2bb073621c0f7b03de8d9d2e035f7c6', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_abf57', referencing='REFERENCING OLD TABLE AS old_values ', table='organisations_member', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='MemberHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('duty', models.CharField(blank=True, max_length=60, verbose_name='duty')),
                        ('rank', models.CharField(blank=True, max_length=40, verbose_name='rank')),
                        ('party_member', models.BooleanField(default=False, verbose_name='party member')),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('to_date', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('person', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='organisations.member')),
                        ('organisation', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='organisations.organisation')),
                        ('ended_by_death', models.BooleanField(db_default=False, default=False, editable=False)),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='FiveOneEvidence',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('item', models.SlugField(max_length=40, verbose_name='item')),
                        ('label', models.CharField(blank=True, max_length=120, verbose_name='evidence')),
                        ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                        ('rule_version', models.PositiveIntegerField()),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('to_date', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('community', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.region')),
                        ('file', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.file')),
                        ('member', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.member')),
                        ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation')),
                        ('responsibility', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.responsibility')),
                    ],
                    options={
                        'verbose_name': 'evidence of a “one”',
                        'verbose_name_plural': 'evidence of the five ones',
                        'constraints': [models.UniqueConstraint(condition=models.Q(('to_date', None)), fields=('community', 'item'), name='five_one_once'), models.CheckConstraint(condition=models.Q(('file__isnull', False), ('responsibility__isnull', False), ('organisation__isnull', False), ('member__isnull', False), _connector='OR'), name='five_one_has_evidence')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_fiveoneevidencehistory" ("community_id", "created_at", "file_id", "from_date", "id", "item", "label", "member_id", "note", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "responsibility_id", "rule_version", "to_date") SELECT new_values."community_id", new_values."created_at", new_values."file_id", new_values."from_date", new_values."id", new_values."item", new_values."label", new_values."member_id", new_values."note", new_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."responsibility_id", new_values."rule_version", new_values."to_date" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='a704fe852cbe9f499361e82bf698741a04ba59b0', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_94523', referencing='REFERENCING NEW TABLE AS new_values ', table='organisations_fiveoneevidence', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_fiveoneevidencehistory" ("community_id", "created_at", "file_id", "from_date", "id", "item", "label", "member_id", "note", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "responsibility_id", "rule_version", "to_date") SELECT new_values."community_id", new_values."created_at", new_values."file_id", new_values."from_date", new_values."id", new_values."item", new_values."label", new_values."member_id", new_values."note", new_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."responsibility_id", new_values."rule_version", new_values."to_date" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='28072e4a48d15c78f6ca36bccd2779475dd2617c', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_6a2f1', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='organisations_fiveoneevidence', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_fiveoneevidencehistory" ("community_id", "created_at", "file_id", "from_date", "id", "item", "label", "member_id", "note", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "responsibility_id", "rule_version", "to_date") SELECT old_values."community_id", old_values."created_at", old_values."file_id", old_values."from_date", old_values."id", old_values."item", old_values."label", old_values."member_id", old_values."note", old_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."responsibility_id", old_values."rule_version", old_values."to_date" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='ac708b4d344536aa3e4e617cad15e85599866a7a', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_aecdd', referencing='REFERENCING OLD TABLE AS old_values ', table='organisations_fiveoneevidence', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='FiveOneEvidenceHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('item', models.SlugField(db_index=False, max_length=40, verbose_name='item')),
                        ('label', models.CharField(blank=True, max_length=120, verbose_name='evidence')),
                        ('note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                        ('rule_version', models.PositiveIntegerField()),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('to_date', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('community', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region')),
                        ('file', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.file')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='organisations.fiveoneevidence')),
                        ('member', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='organisations.member')),
                        ('organisation', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='organisations.organisation')),
                        ('responsibility', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='organisations.responsibility')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Organisation',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('name', models.CharField(max_length=120, verbose_name='name')),
                        ('short_name', models.CharField(blank=True, max_length=40, verbose_name='short name')),
                        ('initials', models.CharField(blank=True, db_collation='C', editable=False, max_length=40)),
                        ('credit_code', models.CharField(blank=True, db_collation='C', max_length=18, verbose_name='unified social credit code')),
                        ('founded_on', models.DateField(blank=True, null=True, verbose_name='founded on')),
                        ('dissolved_on', models.DateField(blank=True, null=True, verbose_name='dissolved on')),
                        ('parent', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='children', to='organisations.organisation', verbose_name='parent')),
                        ('seat', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.region', verbose_name='seat')),
                        ('kind', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, to='organisations.organisationkind', verbose_name='kind')),
                    ],
                    options={
                        'verbose_name': 'organisation',
                        'verbose_name_plural': 'organisations',
                        'indexes': [models.Index(fields=['initials'], name='organisation_initials')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('credit_code', ''), _negated=True), fields=('credit_code',), name='organisation_credit_code'), models.CheckConstraint(condition=models.Q(('parent', None), models.Q(('parent', models.F('id')), _negated=True), _connector='OR'), name='organisation_not_own_parent'), models.CheckConstraint(condition=models.Q(('dissolved_on', None), ('founded_on', None), ('dissolved_on__gte', models.F('founded_on')), _connector='OR'), name='organisation_dates'), models.UniqueConstraint(condition=models.Q(('dissolved_on', None)), fields=('seat', 'parent', 'name'), name='organisation_once', nulls_distinct=False)],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_organisationhistory" ("created_at", "credit_code", "dissolved_on", "founded_on", "id", "initials", "kind_id", "name", "parent_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "seat_id", "short_name") SELECT new_values."created_at", new_values."credit_code", new_values."dissolved_on", new_values."founded_on", new_values."id", new_values."initials", new_values."kind_id", new_values."name", new_values."parent_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."seat_id", new_values."short_name" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='7226864fd0efea4133d75cb569cda3b6e1bdcd78', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_040c9', referencing='REFERENCING NEW TABLE AS new_values ', table='organisations_organisation', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_organisationhistory" ("created_at", "credit_code", "dissolved_on", "founded_on", "id", "initials", "kind_id", "name", "parent_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "seat_id", "short_name") SELECT new_values."created_at", new_values."credit_code", new_values."dissolved_on", new_values."founded_on", new_values."id", new_values."initials", new_values."kind_id", new_values."name", new_values."parent_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."seat_id", new_values."short_name" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='bd64d0acd40abe4991c4281f5aa33bfdedb3803a', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_0b99b', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='organisations_organisation', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "organisations_organisationhistory" ("created_at", "credit_code", "dissolved_on", "founded_on", "id", "initials", "kind_id", "name", "parent_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "seat_id", "short_name") SELECT old_values."created_at", old_values."credit_code", old_values."dissolved_on", old_values."founded_on", old_values."id", old_values."initials", old_values."kind_id", old_values."name", old_values."parent_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."seat_id", old_values."short_name" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='99d90012ac30389689b300a29356d8db97445db4', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_57a4b', referencing='REFERENCING OLD TABLE AS old_values ', table='organisations_organisation', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='OrganisationHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('name', models.CharField(max_length=120, verbose_name='name')),
                        ('short_name', models.CharField(blank=True, max_length=40, verbose_name='short name')),
                        ('initials', models.CharField(blank=True, db_collation='C', editable=False, max_length=40)),
                        ('credit_code', models.CharField(blank=True, db_collation='C', max_length=18, verbose_name='unified social credit code')),
                        ('founded_on', models.DateField(blank=True, null=True, verbose_name='founded on')),
                        ('dissolved_on', models.DateField(blank=True, null=True, verbose_name='dissolved on')),
                        ('parent', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='organisations.organisation', verbose_name='parent')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='organisations.organisation')),
                        ('seat', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region', verbose_name='seat')),
                        ('kind', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='organisations.organisationkind', verbose_name='kind')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
            ],
        ),
        migrations.RunSQL(LOAD, "DROP FUNCTION organisations_load(uuid[], text[])"),
    ]
