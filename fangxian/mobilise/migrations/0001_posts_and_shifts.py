"""Posts, shifts, turns, volunteers; and the function that counts who is on a shift."""

import django.core.validators
import django.db.models.deletion
import fangxian.common.fields
import fangxian.common.ids
import fangxian.common.operations
import pghistory.utils
import pgtrigger.compiler
from django.db import migrations, models

# Counts the places of a shift that are taken, whoever writes a turn; the shift's own check then
# refuses one too many.
PLACED = """
CREATE FUNCTION mobilise_placed() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP <> 'INSERT' AND OLD.state = 'placed' THEN
        UPDATE mobilise_shift SET placed = placed - 1 WHERE id = OLD.shift_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.state = 'placed' THEN
        UPDATE mobilise_shift SET placed = placed + 1 WHERE id = NEW.shift_id;
    END IF;
    RETURN NULL;
END
$$;
CREATE TRIGGER mobilise_placed_new AFTER INSERT OR DELETE ON mobilise_turn
FOR EACH ROW EXECUTE FUNCTION mobilise_placed();
CREATE TRIGGER mobilise_placed_changed AFTER UPDATE OF state, shift_id ON mobilise_turn
FOR EACH ROW WHEN (OLD.state <> NEW.state OR OLD.shift_id <> NEW.shift_id)
EXECUTE FUNCTION mobilise_placed();
"""


# When somebody is on duty, at whatever place: it runs as the schema's owner, who is bound by
# row-level security too, with the range of the whole country while it works. It tells times alone.
STRETCHES = """
CREATE FUNCTION mobilise_stretches(people uuid[], first timestamptz, last timestamptz)
RETURNS TABLE (person uuid, starts_at timestamptz, ends_at timestamptz)
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
BEGIN
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    RETURN QUERY
    SELECT v.person_id, s.starts_at, s.ends_at FROM mobilise_volunteer v
    JOIN mobilise_turn t ON t.volunteer_id = v.id AND t.state = 'placed'
    JOIN mobilise_shift s ON s.id = t.shift_id
    WHERE v.person_id = ANY (people) AND s.starts_at > first AND s.starts_at < last;
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ('core', '0001_squashed_0009_daily_runs'),
        ('organisations', '0007_wishes'),
        ('people', '0001_squashed_0007_reasons_of_pairs'),
    ]

    operations = [
        fangxian.common.operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='Pattern',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('heads', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(200)], verbose_name='heads')),
                        ('skills', models.JSONField(blank=True, default=dict, verbose_name='skills')),
                        ('name', models.CharField(max_length=20, verbose_name='name')),
                        ('starts', models.TimeField(verbose_name='from')),
                        ('minutes', models.PositiveSmallIntegerField(verbose_name='minutes')),
                        ('weekdays', models.PositiveSmallIntegerField(default=127, verbose_name='weekdays')),
                        ('on_holidays', models.CharField(choices=[('all', 'by weekday'), ('only', 'on days off only'), ('never', 'on working days only')], default='all', max_length=5, verbose_name='holidays')),
                        ('ended_on', models.DateField(blank=True, null=True, verbose_name='ended on')),
                        ('post', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='patterns', to='mobilise.post')),
                    ],
                    options={
                        'verbose_name': 'shift pattern',
                        'verbose_name_plural': 'shift patterns',
                        'constraints': [models.UniqueConstraint(condition=models.Q(('ended_on', None)), fields=('post', 'name'), name='pattern_name_once'), models.CheckConstraint(condition=models.Q(('minutes__gte', 1), ('minutes__lte', 1440)), name='pattern_minutes'), models.CheckConstraint(condition=models.Q(('weekdays__gte', 1), ('weekdays__lte', 127)), name='pattern_weekdays'), models.CheckConstraint(condition=models.Q(('heads__gte', 1), ('heads__lte', 200)), name='pattern_heads')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_patternhistory" ("created_at", "ended_on", "heads", "id", "minutes", "name", "on_holidays", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "post_id", "skills", "starts", "weekdays") SELECT new_values."created_at", new_values."ended_on", new_values."heads", new_values."id", new_values."minutes", new_values."name", new_values."on_holidays", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."post_id", new_values."skills", new_values."starts", new_values."weekdays" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='41ba372df9e755f81f5180e04ceb7a76959fc99d', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_5d83f', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_pattern', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_patternhistory" ("created_at", "ended_on", "heads", "id", "minutes", "name", "on_holidays", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "post_id", "skills", "starts", "weekdays") SELECT new_values."created_at", new_values."ended_on", new_values."heads", new_values."id", new_values."minutes", new_values."name", new_values."on_holidays", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."post_id", new_values."skills", new_values."starts", new_values."weekdays" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='b09542921a429ace0fecc8697fb2f02b08a39548', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_121ed', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_pattern', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_patternhistory" ("created_at", "ended_on", "heads", "id", "minutes", "name", "on_holidays", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "post_id", "skills", "starts", "weekdays") SELECT old_values."created_at", old_values."ended_on", old_values."heads", old_values."id", old_values."minutes", old_values."name", old_values."on_holidays", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."post_id", old_values."skills", old_values."starts", old_values."weekdays" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='95f66795e31380de2a7c13d2725afe0859526364', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_a4495', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_pattern', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='Skill',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('skill', models.SlugField(max_length=40, verbose_name='skill')),
                        ('certificate', fangxian.common.fields.SealedTextField(blank=True, column='mobilise.skill.certificate', editable=True, null=True, verbose_name='certificate')),
                        ('expires_on', models.DateField(blank=True, null=True, verbose_name='expires on')),
                        ('volunteer', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='skills', to='mobilise.volunteer')),
                    ],
                    options={
                        'verbose_name': 'skill',
                        'verbose_name_plural': 'skills',
                        'constraints': [models.UniqueConstraint(fields=('volunteer', 'skill'), name='skill_once')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_skillhistory" ("certificate", "created_at", "expires_on", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "skill", "volunteer_id") SELECT new_values."certificate", new_values."created_at", new_values."expires_on", new_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."skill", new_values."volunteer_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='3c97791ba1e42b99732b7a8ee50435759290877c', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_b2926', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_skill', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_skillhistory" ("certificate", "created_at", "expires_on", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "skill", "volunteer_id") SELECT new_values."certificate", new_values."created_at", new_values."expires_on", new_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."skill", new_values."volunteer_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='1c125f544bd8dff74ef5d203ecae440394f725db', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_30833', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_skill', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_skillhistory" ("certificate", "created_at", "expires_on", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "skill", "volunteer_id") SELECT old_values."certificate", old_values."created_at", old_values."expires_on", old_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."skill", old_values."volunteer_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='2f64972a7f13efaf1233bb66a522bca8ea602383', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_c6ea4', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_skill', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='Post',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('name', models.CharField(max_length=60, verbose_name='name')),
                        ('kind', models.SlugField(max_length=40, verbose_name='kind')),
                        ('token', models.CharField(max_length=20, unique=True, verbose_name='token')),
                        ('opened_on', models.DateField(verbose_name='opened on')),
                        ('closed_on', models.DateField(blank=True, null=True, verbose_name='closed on')),
                        ('made_by', models.CharField(max_length=80, verbose_name='made by')),
                        ('emergency', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.emergency', verbose_name='emergency')),
                        ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='posts', to='organisations.organisation', verbose_name='unit that answers for it')),
                    ],
                    options={
                        'verbose_name': 'post',
                        'verbose_name_plural': 'posts',
                        'constraints': [models.UniqueConstraint(condition=models.Q(('closed_on', None)), fields=('place_code', 'name'), name='post_name_once'), models.CheckConstraint(condition=models.Q(('closed_on', None), ('closed_on__gte', models.F('opened_on')), _connector='OR'), name='post_dates')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_posthistory" ("closed_on", "created_at", "emergency_id", "id", "kind", "made_by", "name", "opened_on", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "token") SELECT new_values."closed_on", new_values."created_at", new_values."emergency_id", new_values."id", new_values."kind", new_values."made_by", new_values."name", new_values."opened_on", new_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."token" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='6faecf5502c5f5b4044e61a5e7cf016b072e938a', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_978fe', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_post', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_posthistory" ("closed_on", "created_at", "emergency_id", "id", "kind", "made_by", "name", "opened_on", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "token") SELECT new_values."closed_on", new_values."created_at", new_values."emergency_id", new_values."id", new_values."kind", new_values."made_by", new_values."name", new_values."opened_on", new_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."token" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='faac077e1ba6d8322d0e0e380d1f9f2ba396782a', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_d1de6', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_post', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_posthistory" ("closed_on", "created_at", "emergency_id", "id", "kind", "made_by", "name", "opened_on", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "token") SELECT old_values."closed_on", old_values."created_at", old_values."emergency_id", old_values."id", old_values."kind", old_values."made_by", old_values."name", old_values."opened_on", old_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."token" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='1eebc78cb319b991a299553323379c235e1c9bda', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_47652', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_post', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='PatternHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('heads', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(200)], verbose_name='heads')),
                        ('skills', models.JSONField(blank=True, default=dict, verbose_name='skills')),
                        ('name', models.CharField(max_length=20, verbose_name='name')),
                        ('starts', models.TimeField(verbose_name='from')),
                        ('minutes', models.PositiveSmallIntegerField(verbose_name='minutes')),
                        ('weekdays', models.PositiveSmallIntegerField(default=127, verbose_name='weekdays')),
                        ('on_holidays', models.CharField(choices=[('all', 'by weekday'), ('only', 'on days off only'), ('never', 'on working days only')], default='all', max_length=5, verbose_name='holidays')),
                        ('ended_on', models.DateField(blank=True, null=True, verbose_name='ended on')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='mobilise.pattern')),
                        ('post', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.post')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='PostHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('name', models.CharField(max_length=60, verbose_name='name')),
                        ('kind', models.SlugField(db_index=False, max_length=40, verbose_name='kind')),
                        ('token', models.CharField(max_length=20, verbose_name='token')),
                        ('opened_on', models.DateField(verbose_name='opened on')),
                        ('closed_on', models.DateField(blank=True, null=True, verbose_name='closed on')),
                        ('made_by', models.CharField(max_length=80, verbose_name='made by')),
                        ('emergency', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.emergency', verbose_name='emergency')),
                        ('organisation', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='organisations.organisation', verbose_name='unit that answers for it')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='mobilise.post')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Shift',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('heads', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(200)], verbose_name='heads')),
                        ('skills', models.JSONField(blank=True, default=dict, verbose_name='skills')),
                        ('name', models.CharField(max_length=20, verbose_name='name')),
                        ('day', models.DateField(verbose_name='day')),
                        ('starts_at', models.DateTimeField(verbose_name='from')),
                        ('ends_at', models.DateTimeField(verbose_name='until')),
                        ('cut_off', models.DateTimeField(verbose_name='sign-up until')),
                        ('placed', models.PositiveSmallIntegerField(default=0, editable=False)),
                        ('cancelled_at', models.DateTimeField(blank=True, null=True, verbose_name='cancelled')),
                        ('pattern', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='shifts', to='mobilise.pattern')),
                        ('post', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='shifts', to='mobilise.post')),
                    ],
                    options={
                        'verbose_name': 'shift',
                        'verbose_name_plural': 'shifts',
                        'indexes': [models.Index(fields=['place_code', 'day'], name='shift_place'), models.Index(fields=['post', 'day'], name='shift_post')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('cancelled_at', None)), fields=('post', 'starts_at', 'name'), name='shift_once'), models.CheckConstraint(condition=models.Q(('ends_at__gt', models.F('starts_at'))), name='shift_times'), models.CheckConstraint(condition=models.Q(('cut_off__lte', models.F('starts_at'))), name='shift_cut_off'), models.CheckConstraint(condition=models.Q(('heads__gte', 1), ('heads__lte', 200)), name='shift_heads'), models.CheckConstraint(condition=models.Q(('placed__lte', models.F('heads'))), name='shift_not_over')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_shifthistory" ("cancelled_at", "created_at", "cut_off", "day", "ends_at", "heads", "id", "name", "pattern_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "post_id", "skills", "starts_at") SELECT new_values."cancelled_at", new_values."created_at", new_values."cut_off", new_values."day", new_values."ends_at", new_values."heads", new_values."id", new_values."name", new_values."pattern_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."post_id", new_values."skills", new_values."starts_at" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='d2cbbb1e71f44dcc8f5aa5f3200bed2bd4dba503', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_951d9', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_shift', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_shifthistory" ("cancelled_at", "created_at", "cut_off", "day", "ends_at", "heads", "id", "name", "pattern_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "post_id", "skills", "starts_at") SELECT new_values."cancelled_at", new_values."created_at", new_values."cut_off", new_values."day", new_values."ends_at", new_values."heads", new_values."id", new_values."name", new_values."pattern_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."post_id", new_values."skills", new_values."starts_at" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."cancelled_at" IS DISTINCT FROM (new_values."cancelled_at") OR old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."cut_off" IS DISTINCT FROM (new_values."cut_off") OR old_values."day" IS DISTINCT FROM (new_values."day") OR old_values."ends_at" IS DISTINCT FROM (new_values."ends_at") OR old_values."heads" IS DISTINCT FROM (new_values."heads") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."pattern_id" IS DISTINCT FROM (new_values."pattern_id") OR old_values."place_code" IS DISTINCT FROM (new_values."place_code") OR old_values."post_id" IS DISTINCT FROM (new_values."post_id") OR old_values."skills" IS DISTINCT FROM (new_values."skills") OR old_values."starts_at" IS DISTINCT FROM (new_values."starts_at")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='cff4c78cfc48d3756806d88ca6f9c8e39495b78d', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_a91c3', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_shift', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_shifthistory" ("cancelled_at", "created_at", "cut_off", "day", "ends_at", "heads", "id", "name", "pattern_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "post_id", "skills", "starts_at") SELECT old_values."cancelled_at", old_values."created_at", old_values."cut_off", old_values."day", old_values."ends_at", old_values."heads", old_values."id", old_values."name", old_values."pattern_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."post_id", old_values."skills", old_values."starts_at" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='45609a79317e30383c372cf106ce393a16313501', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_2d268', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_shift', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='ShiftHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('heads', models.PositiveSmallIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(200)], verbose_name='heads')),
                        ('skills', models.JSONField(blank=True, default=dict, verbose_name='skills')),
                        ('name', models.CharField(max_length=20, verbose_name='name')),
                        ('day', models.DateField(verbose_name='day')),
                        ('starts_at', models.DateTimeField(verbose_name='from')),
                        ('ends_at', models.DateTimeField(verbose_name='until')),
                        ('cut_off', models.DateTimeField(verbose_name='sign-up until')),
                        ('cancelled_at', models.DateTimeField(blank=True, null=True, verbose_name='cancelled')),
                        ('pattern', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.pattern')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='mobilise.shift')),
                        ('post', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.post')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='Turn',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('number', models.PositiveIntegerField()),
                        ('state', models.CharField(choices=[('placed', 'on the roster'), ('waiting', 'waiting'), ('left', 'withdrew'), ('taken_off', 'taken off'), ('absent', 'did not come'), ('swapped', 'swapped')], max_length=10, verbose_name='state')),
                        ('source', models.CharField(choices=[('tap', 'signed up'), ('chat', 'from the chat'), ('staff', 'put on by staff'), ('roster', 'by the roster'), ('reserve', 'from the reserve'), ('swap', 'by a swap')], max_length=8, verbose_name='source')),
                        ('asked_at', models.DateTimeField(verbose_name='asked')),
                        ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                        ('came_at', models.DateTimeField(blank=True, null=True, verbose_name='came')),
                        ('went_at', models.DateTimeField(blank=True, null=True, verbose_name='went')),
                        ('minutes', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='minutes')),
                        ('note', fangxian.common.fields.SealedTextField(blank=True, column='mobilise.turn.note', editable=True, emergency='emergency_id', null=True, verbose_name='note to the next shift')),
                        ('allowed', models.JSONField(blank=True, default=list, verbose_name='limits that it may pass')),
                        ('allowed_by', models.CharField(blank=True, max_length=80, verbose_name='allowed by')),
                        ('allowed_for', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                        ('emergency', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.emergency')),
                        ('for_turn', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='successors', to='mobilise.turn')),
                        ('shift', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='turns', to='mobilise.shift')),
                        ('volunteer', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='turns', to='mobilise.volunteer')),
                    ],
                    options={
                        'verbose_name': 'turn',
                        'verbose_name_plural': 'turns',
                        'indexes': [models.Index(fields=['place_code', 'state'], name='turn_place'), models.Index(fields=['volunteer', 'state'], name='turn_volunteer')],
                        'constraints': [models.UniqueConstraint(fields=('shift', 'number'), name='turn_number'), models.UniqueConstraint(condition=models.Q(('state__in', ['placed', 'waiting'])), fields=('shift', 'volunteer'), name='turn_once'), models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('state__in', ['placed', 'waiting'])), models.Q(('ended_at__isnull', False), ('state__in', ['left', 'taken_off', 'absent', 'swapped'])), _connector='OR'), name='turn_ended'), models.CheckConstraint(condition=models.Q(('came_at', None), ('state', 'placed'), _connector='OR'), name='turn_came_placed'), models.CheckConstraint(condition=models.Q(('went_at', None), ('went_at__gte', models.F('came_at')), _connector='OR'), name='turn_came_and_went'), models.CheckConstraint(condition=models.Q(models.Q(('minutes', None), ('went_at', None)), models.Q(('came_at__isnull', False), ('minutes__isnull', False), ('went_at__isnull', False)), _connector='OR'), name='turn_credit'), models.CheckConstraint(condition=models.Q(models.Q(('allowed_by', ''), ('allowed_for', '')), models.Q(models.Q(('allowed_by', ''), _negated=True), models.Q(('allowed_for', ''), _negated=True)), _connector='OR'), name='turn_allowed')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_turnhistory" ("allowed", "allowed_by", "allowed_for", "asked_at", "came_at", "created_at", "emergency_id", "ended_at", "for_turn_id", "id", "minutes", "note", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "shift_id", "source", "state", "volunteer_id", "went_at") SELECT new_values."allowed", new_values."allowed_by", new_values."allowed_for", new_values."asked_at", new_values."came_at", new_values."created_at", new_values."emergency_id", new_values."ended_at", new_values."for_turn_id", new_values."id", new_values."minutes", new_values."note", new_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."shift_id", new_values."source", new_values."state", new_values."volunteer_id", new_values."went_at" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='6575bd474d5b45449b3e6fd7237b5b8bc31b79fd', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_47a91', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_turn', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_turnhistory" ("allowed", "allowed_by", "allowed_for", "asked_at", "came_at", "created_at", "emergency_id", "ended_at", "for_turn_id", "id", "minutes", "note", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "shift_id", "source", "state", "volunteer_id", "went_at") SELECT new_values."allowed", new_values."allowed_by", new_values."allowed_for", new_values."asked_at", new_values."came_at", new_values."created_at", new_values."emergency_id", new_values."ended_at", new_values."for_turn_id", new_values."id", new_values."minutes", new_values."note", new_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."shift_id", new_values."source", new_values."state", new_values."volunteer_id", new_values."went_at" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='26c01d306860f267eebf91453f9f7c9f08ff0740', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_ed003', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_turn', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_turnhistory" ("allowed", "allowed_by", "allowed_for", "asked_at", "came_at", "created_at", "emergency_id", "ended_at", "for_turn_id", "id", "minutes", "note", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "shift_id", "source", "state", "volunteer_id", "went_at") SELECT old_values."allowed", old_values."allowed_by", old_values."allowed_for", old_values."asked_at", old_values."came_at", old_values."created_at", old_values."emergency_id", old_values."ended_at", old_values."for_turn_id", old_values."id", old_values."minutes", old_values."note", old_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."shift_id", old_values."source", old_values."state", old_values."volunteer_id", old_values."went_at" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='b5dca811375ef8862db51a8655174dd4dcb330ca', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_97480', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_turn', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='Swap',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('state', models.CharField(choices=[('asked', 'asked'), ('agreed', 'agreed'), ('declined', 'declined'), ('withdrawn', 'withdrawn')], default='asked', max_length=10, verbose_name='state')),
                        ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered')),
                        ('back', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='swaps_back', to='mobilise.turn')),
                        ('turn', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='swaps', to='mobilise.turn')),
                        ('to', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='swaps', to='mobilise.volunteer')),
                    ],
                    options={
                        'verbose_name': 'swap',
                        'verbose_name_plural': 'swaps',
                        'indexes': [models.Index(fields=['to', 'state'], name='swap_to')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('state', 'asked')), fields=('turn',), name='swap_asked_once'), models.CheckConstraint(condition=models.Q(models.Q(('answered_at', None), ('state', 'asked')), models.Q(('answered_at__isnull', False), models.Q(('state', 'asked'), _negated=True)), _connector='OR'), name='swap_answered'), models.CheckConstraint(condition=models.Q(('back', None), models.Q(('back', models.F('turn')), _negated=True), _connector='OR'), name='swap_two_turns')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_swaphistory" ("answered_at", "back_id", "created_at", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "state", "to_id", "turn_id") SELECT new_values."answered_at", new_values."back_id", new_values."created_at", new_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."state", new_values."to_id", new_values."turn_id" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='9c40c6ab23cddebbd6704c0a3918ae63d6ad4e1d', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_7cd21', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_swap', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_swaphistory" ("answered_at", "back_id", "created_at", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "state", "to_id", "turn_id") SELECT new_values."answered_at", new_values."back_id", new_values."created_at", new_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."state", new_values."to_id", new_values."turn_id" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='8ddcbd7176a44cbf182fb481817373296bd0f560', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_288f2', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_swap', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_swaphistory" ("answered_at", "back_id", "created_at", "id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "state", "to_id", "turn_id") SELECT old_values."answered_at", old_values."back_id", old_values."created_at", old_values."id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."state", old_values."to_id", old_values."turn_id" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='86be5d863d50982945fa89b98550be7e050e76a8', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_1b796', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_swap', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='Volunteer',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('name', models.CharField(max_length=60, verbose_name='name')),
                        ('echelon', models.PositiveSmallIntegerField(default=1, verbose_name='echelon')),
                        ('rank', models.PositiveIntegerField(default=0, verbose_name='rank')),
                        ('vehicle', models.BooleanField(default=False, verbose_name='has a vehicle')),
                        ('fit', models.BooleanField(blank=True, null=True, verbose_name='fit for duty')),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('to_date', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('link_round', models.PositiveIntegerField(default=0, editable=False)),
                        ('organisation', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='volunteers', to='organisations.organisation', verbose_name='unit')),
                        ('person', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='volunteers', to='people.person')),
                    ],
                    options={
                        'verbose_name': 'volunteer',
                        'verbose_name_plural': 'volunteers',
                        'indexes': [models.Index(fields=['place_code', 'echelon', 'rank'], name='volunteer_place')],
                        'constraints': [models.UniqueConstraint(condition=models.Q(('to_date', None)), fields=('person', 'place_code'), name='volunteer_once'), models.CheckConstraint(condition=models.Q(('to_date', None), ('to_date__gte', models.F('from_date')), _connector='OR'), name='volunteer_dates'), models.CheckConstraint(condition=models.Q(('echelon__gte', 1), ('echelon__lte', 9)), name='volunteer_echelon'), models.CheckConstraint(condition=models.Q(('name', ''), _negated=True), name='volunteer_name')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_volunteerhistory" ("created_at", "echelon", "fit", "from_date", "id", "link_round", "name", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "to_date", "vehicle") SELECT new_values."created_at", new_values."echelon", new_values."fit", new_values."from_date", new_values."id", new_values."link_round", new_values."name", new_values."organisation_id", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."rank", new_values."to_date", new_values."vehicle" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='84fad42c5683738218889993fe0bc67bca5ad996', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_b6e0e', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_volunteer', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_volunteerhistory" ("created_at", "echelon", "fit", "from_date", "id", "link_round", "name", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "to_date", "vehicle") SELECT new_values."created_at", new_values."echelon", new_values."fit", new_values."from_date", new_values."id", new_values."link_round", new_values."name", new_values."organisation_id", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."rank", new_values."to_date", new_values."vehicle" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='33859aa871ab5c39440b16cd4179d6de4b4e1f8a', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_7a135', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_volunteer', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_volunteerhistory" ("created_at", "echelon", "fit", "from_date", "id", "link_round", "name", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "to_date", "vehicle") SELECT old_values."created_at", old_values."echelon", old_values."fit", old_values."from_date", old_values."id", old_values."link_round", old_values."name", old_values."organisation_id", old_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."rank", old_values."to_date", old_values."vehicle" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='8de1da794648841507d5c498b047bcdb57000a53', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_90269', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_volunteer', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='TurnHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('number', models.PositiveIntegerField()),
                        ('state', models.CharField(choices=[('placed', 'on the roster'), ('waiting', 'waiting'), ('left', 'withdrew'), ('taken_off', 'taken off'), ('absent', 'did not come'), ('swapped', 'swapped')], max_length=10, verbose_name='state')),
                        ('source', models.CharField(choices=[('tap', 'signed up'), ('chat', 'from the chat'), ('staff', 'put on by staff'), ('roster', 'by the roster'), ('reserve', 'from the reserve'), ('swap', 'by a swap')], max_length=8, verbose_name='source')),
                        ('asked_at', models.DateTimeField(verbose_name='asked')),
                        ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                        ('came_at', models.DateTimeField(blank=True, null=True, verbose_name='came')),
                        ('went_at', models.DateTimeField(blank=True, null=True, verbose_name='went')),
                        ('minutes', models.PositiveSmallIntegerField(blank=True, null=True, verbose_name='minutes')),
                        ('note', fangxian.common.fields.SealedTextField(blank=True, column='mobilise.turn.note', editable=True, emergency='emergency_id', null=True, verbose_name='note to the next shift')),
                        ('allowed', models.JSONField(blank=True, default=list, verbose_name='limits that it may pass')),
                        ('allowed_by', models.CharField(blank=True, max_length=80, verbose_name='allowed by')),
                        ('allowed_for', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                        ('emergency', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.emergency')),
                        ('for_turn', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.turn')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='mobilise.turn')),
                        ('shift', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.shift')),
                        ('volunteer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.volunteer')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='SwapHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('state', models.CharField(choices=[('asked', 'asked'), ('agreed', 'agreed'), ('declined', 'declined'), ('withdrawn', 'withdrawn')], default='asked', max_length=10, verbose_name='state')),
                        ('answered_at', models.DateTimeField(blank=True, null=True, verbose_name='answered')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='mobilise.swap')),
                        ('back', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.turn')),
                        ('turn', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.turn')),
                        ('to', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.volunteer')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='SkillHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('skill', models.SlugField(db_index=False, max_length=40, verbose_name='skill')),
                        ('certificate', fangxian.common.fields.SealedTextField(blank=True, column='mobilise.skill.certificate', editable=True, null=True, verbose_name='certificate')),
                        ('expires_on', models.DateField(blank=True, null=True, verbose_name='expires on')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='mobilise.skill')),
                        ('volunteer', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.volunteer')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='VolunteerHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                        ('name', models.CharField(max_length=60, verbose_name='name')),
                        ('echelon', models.PositiveSmallIntegerField(default=1, verbose_name='echelon')),
                        ('rank', models.PositiveIntegerField(default=0, verbose_name='rank')),
                        ('vehicle', models.BooleanField(default=False, verbose_name='has a vehicle')),
                        ('fit', models.BooleanField(blank=True, null=True, verbose_name='fit for duty')),
                        ('from_date', models.DateField(verbose_name='from')),
                        ('to_date', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('link_round', models.PositiveIntegerField(default=0, editable=False)),
                        ('organisation', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='organisations.organisation', verbose_name='unit')),
                        ('person', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='people.person')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='mobilise.volunteer')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
            ],
        ),
        migrations.RunSQL(PLACED, "DROP FUNCTION mobilise_placed() CASCADE"),
        migrations.RunSQL(STRETCHES, "DROP FUNCTION mobilise_stretches(uuid[], timestamptz, timestamptz)"),
    ]
