"""Calls with their lines and units, pledges, placements, matches; what volunteers bring along."""

import django.core.validators
import django.db.models.deletion
import fangxian.common.fields
import fangxian.common.ids
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

# The counts on calls, units and lines, whoever writes a pledge or a placement: a volunteer sees the
# call of his county and may not change it. The functions run as the schema's owner, who is bound by
# row-level security too, with the range of the whole country while they work. The line's own check
# then refuses one head too many.
WIDE = """
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
BEGIN
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
"""

NARROW = """
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
"""

DEFINER = "LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$"

PLEDGED = f"""
CREATE FUNCTION mobilise_pledged() RETURNS trigger {DEFINER}
{WIDE}
    IF TG_OP <> 'INSERT' AND OLD.state <> 'withdrawn' THEN
        UPDATE mobilise_call SET pledged = pledged - OLD.heads WHERE id = OLD.call_id;
        UPDATE mobilise_callunit SET pledged = pledged - OLD.heads
        WHERE call_id = OLD.call_id AND organisation_id = OLD.organisation_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.state <> 'withdrawn' THEN
        UPDATE mobilise_call SET pledged = pledged + NEW.heads WHERE id = NEW.call_id;
        UPDATE mobilise_callunit SET pledged = pledged + NEW.heads
        WHERE call_id = NEW.call_id AND organisation_id = NEW.organisation_id;
    END IF;
    {NARROW}
    RETURN NULL;
END
$$;
CREATE TRIGGER mobilise_pledged_new AFTER INSERT OR DELETE ON mobilise_pledge
FOR EACH ROW EXECUTE FUNCTION mobilise_pledged();
CREATE TRIGGER mobilise_pledged_changed AFTER UPDATE ON mobilise_pledge
FOR EACH ROW WHEN ((OLD.state = 'withdrawn') <> (NEW.state = 'withdrawn') OR OLD.heads <> NEW.heads)
EXECUTE FUNCTION mobilise_pledged();
"""

SEATED = f"""
CREATE FUNCTION mobilise_seated() RETURNS trigger {DEFINER}
{WIDE}
    IF TG_OP <> 'INSERT' AND OLD.state IN ('asked', 'confirmed') THEN
        UPDATE mobilise_callline SET placed = placed - OLD.heads WHERE id = OLD.line_id;
    END IF;
    IF TG_OP <> 'DELETE' AND NEW.state IN ('asked', 'confirmed') THEN
        UPDATE mobilise_callline SET placed = placed + NEW.heads WHERE id = NEW.line_id;
    END IF;
    {NARROW}
    RETURN NULL;
END
$$;
CREATE TRIGGER mobilise_seated_new AFTER INSERT OR DELETE ON mobilise_placement
FOR EACH ROW EXECUTE FUNCTION mobilise_seated();
CREATE TRIGGER mobilise_seated_changed AFTER UPDATE ON mobilise_placement
FOR EACH ROW WHEN (OLD.state <> NEW.state OR OLD.heads <> NEW.heads OR OLD.line_id <> NEW.line_id)
EXECUTE FUNCTION mobilise_seated();
"""

# Whoever claims a head holds the call and its line first, as who accepts a match does: a pledge
# that is made meanwhile is counted on the call. It tells nothing.
HOLD = f"""
CREATE FUNCTION mobilise_hold_lines(wanted uuid[]) RETURNS void {DEFINER}
{WIDE}
    PERFORM id FROM mobilise_call
    WHERE id IN (SELECT call_id FROM mobilise_callline WHERE id = ANY (wanted))
    ORDER BY id FOR NO KEY UPDATE;
    PERFORM id FROM mobilise_callline WHERE id = ANY (wanted) ORDER BY id FOR UPDATE;
    {NARROW}
END
$$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('core', '0001_squashed_0009_daily_runs'),
        ('mobilise', '0006_volunteers_who_died'),
        ('organisations', '0010_together'),
        ('people', '0001_squashed_0007_reasons_of_pairs'),
        ('regions', '0005_former_names'),
    ]

    operations = [
        migrations.CreateModel(
            name='Call',
            fields=[
                ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                ('title', models.CharField(max_length=80, verbose_name='title')),
                ('kind', models.SlugField(max_length=40, verbose_name='kind')),
                ('text', models.CharField(blank=True, max_length=1000, verbose_name='text')),
                ('counts', models.CharField(choices=[('people', 'people'), ('units', 'units that take a place over')], default='people', max_length=6, verbose_name='what it counts')),
                ('starts_on', models.DateField(verbose_name='from')),
                ('ends_on', models.DateField(verbose_name='until')),
                ('hours', models.CharField(blank=True, max_length=60, verbose_name='hours')),
                ('cut_off', models.DateTimeField(verbose_name='pledges until')),
                ('open_to_all', models.BooleanField(default=True, verbose_name='to all volunteers of the place')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('sent', 'sent'), ('closed', 'closed'), ('withdrawn', 'withdrawn')], default='draft', max_length=10, verbose_name='state')),
                ('echelon', models.PositiveSmallIntegerField(default=1, verbose_name='echelon')),
                ('answer_by', models.DateTimeField(blank=True, null=True, verbose_name='to be answered by')),
                ('pledged', models.PositiveIntegerField(default=0, editable=False)),
                ('made_by', models.CharField(max_length=150, verbose_name='made by')),
                ('sent_by', models.CharField(blank=True, max_length=150, verbose_name='sent by')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('ended_for', models.CharField(blank=True, max_length=200, verbose_name='reason')),
            ],
            options={
                'verbose_name': 'call',
                'verbose_name_plural': 'calls',
            },
        ),
        migrations.CreateModel(
            name='CallHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                ('title', models.CharField(max_length=80, verbose_name='title')),
                ('kind', models.SlugField(db_index=False, max_length=40, verbose_name='kind')),
                ('text', models.CharField(blank=True, max_length=1000, verbose_name='text')),
                ('counts', models.CharField(choices=[('people', 'people'), ('units', 'units that take a place over')], default='people', max_length=6, verbose_name='what it counts')),
                ('starts_on', models.DateField(verbose_name='from')),
                ('ends_on', models.DateField(verbose_name='until')),
                ('hours', models.CharField(blank=True, max_length=60, verbose_name='hours')),
                ('cut_off', models.DateTimeField(verbose_name='pledges until')),
                ('open_to_all', models.BooleanField(default=True, verbose_name='to all volunteers of the place')),
                ('state', models.CharField(choices=[('draft', 'draft'), ('sent', 'sent'), ('closed', 'closed'), ('withdrawn', 'withdrawn')], default='draft', max_length=10, verbose_name='state')),
                ('echelon', models.PositiveSmallIntegerField(default=1, verbose_name='echelon')),
                ('answer_by', models.DateTimeField(blank=True, null=True, verbose_name='to be answered by')),
                ('made_by', models.CharField(max_length=150, verbose_name='made by')),
                ('sent_by', models.CharField(blank=True, max_length=150, verbose_name='sent by')),
                ('sent_at', models.DateTimeField(blank=True, null=True, verbose_name='sent')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
                ('ended_for', models.CharField(blank=True, max_length=200, verbose_name='reason')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CallLine',
            fields=[
                ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                ('number', models.PositiveSmallIntegerField()),
                ('name', models.CharField(blank=True, max_length=40, verbose_name='for what')),
                ('heads', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5000)], verbose_name='heads')),
                ('skills', models.JSONField(blank=True, default=dict, verbose_name='skills')),
                ('key', models.BooleanField(default=False, verbose_name='key post, may be claimed')),
                ('placed', models.PositiveIntegerField(default=0, editable=False)),
            ],
            options={
                'verbose_name': 'line of a call',
                'verbose_name_plural': 'lines of a call',
            },
        ),
        migrations.CreateModel(
            name='CallLineHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                ('number', models.PositiveSmallIntegerField()),
                ('name', models.CharField(blank=True, max_length=40, verbose_name='for what')),
                ('heads', models.PositiveIntegerField(validators=[django.core.validators.MinValueValidator(1), django.core.validators.MaxValueValidator(5000)], verbose_name='heads')),
                ('skills', models.JSONField(blank=True, default=dict, verbose_name='skills')),
                ('key', models.BooleanField(default=False, verbose_name='key post, may be claimed')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='CallUnit',
            fields=[
                ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                ('below', models.BooleanField(default=False, verbose_name='with all units below it')),
                ('quota', models.PositiveIntegerField(blank=True, null=True, verbose_name='heads asked of it')),
                ('pledged', models.PositiveIntegerField(default=0, editable=False)),
            ],
            options={
                'verbose_name': 'unit of a call',
                'verbose_name_plural': 'units of a call',
            },
        ),
        migrations.CreateModel(
            name='CallUnitHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                ('below', models.BooleanField(default=False, verbose_name='with all units below it')),
                ('quota', models.PositiveIntegerField(blank=True, null=True, verbose_name='heads asked of it')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Match',
            fields=[
                ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                ('number', models.PositiveIntegerField()),
                ('weights', models.JSONField(default=dict, verbose_name='weights')),
                ('most_km', models.FloatField(default=0, verbose_name='at most (km)')),
                ('heads', models.JSONField(blank=True, default=dict, verbose_name='heads')),
                ('bans', models.JSONField(blank=True, default=list, verbose_name='not there')),
                ('result', models.JSONField(editable=False, null=True)),
                ('ground', models.CharField(blank=True, editable=False, max_length=64)),
                ('state', models.CharField(choices=[('working', 'being worked out'), ('proposed', 'proposed'), ('accepted', 'accepted')], default='working', max_length=10, verbose_name='state')),
                ('made_by', models.CharField(max_length=150, verbose_name='made by')),
                ('accepted_by', models.CharField(blank=True, max_length=150, verbose_name='accepted by')),
                ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='accepted')),
            ],
            options={
                'verbose_name': 'match',
                'verbose_name_plural': 'matches',
            },
        ),
        migrations.CreateModel(
            name='MatchHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                ('number', models.PositiveIntegerField()),
                ('weights', models.JSONField(default=dict, verbose_name='weights')),
                ('most_km', models.FloatField(default=0, verbose_name='at most (km)')),
                ('heads', models.JSONField(blank=True, default=dict, verbose_name='heads')),
                ('bans', models.JSONField(blank=True, default=list, verbose_name='not there')),
                ('ground', models.CharField(blank=True, editable=False, max_length=64)),
                ('state', models.CharField(choices=[('working', 'being worked out'), ('proposed', 'proposed'), ('accepted', 'accepted')], default='working', max_length=10, verbose_name='state')),
                ('made_by', models.CharField(max_length=150, verbose_name='made by')),
                ('accepted_by', models.CharField(blank=True, max_length=150, verbose_name='accepted by')),
                ('accepted_at', models.DateTimeField(blank=True, null=True, verbose_name='accepted')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Placement',
            fields=[
                ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                ('heads', models.PositiveIntegerField(default=1, verbose_name='heads')),
                ('source', models.CharField(choices=[('claim', 'claimed'), ('match', 'by the match')], max_length=5, verbose_name='source')),
                ('state', models.CharField(choices=[('asked', 'to be confirmed'), ('confirmed', 'confirmed'), ('declined', 'declined'), ('given_up', 'given up')], max_length=10, verbose_name='state')),
                ('decided_by', models.CharField(blank=True, max_length=150, verbose_name='decided by')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
            ],
            options={
                'verbose_name': 'placement',
                'verbose_name_plural': 'placements',
            },
        ),
        migrations.CreateModel(
            name='PlacementHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                ('heads', models.PositiveIntegerField(default=1, verbose_name='heads')),
                ('source', models.CharField(choices=[('claim', 'claimed'), ('match', 'by the match')], max_length=5, verbose_name='source')),
                ('state', models.CharField(choices=[('asked', 'to be confirmed'), ('confirmed', 'confirmed'), ('declined', 'declined'), ('given_up', 'given up')], max_length=10, verbose_name='state')),
                ('decided_by', models.CharField(blank=True, max_length=150, verbose_name='decided by')),
                ('decided_at', models.DateTimeField(blank=True, null=True, verbose_name='decided')),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Pledge',
            fields=[
                ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                ('heads', models.PositiveIntegerField(default=1, verbose_name='heads')),
                ('wishes', models.JSONField(blank=True, default=list, verbose_name='wishes')),
                ('hours', models.SlugField(max_length=40, verbose_name='hours')),
                ('from_date', models.DateField(verbose_name='from')),
                ('until', models.DateField(verbose_name='until')),
                ('state', models.CharField(choices=[('pledged', 'pledged'), ('placed', 'placed'), ('withdrawn', 'withdrawn')], default='pledged', max_length=10, verbose_name='state')),
                ('made_by', models.CharField(max_length=150, verbose_name='made by')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
            ],
            options={
                'verbose_name': 'pledge',
                'verbose_name_plural': 'pledges',
            },
        ),
        migrations.CreateModel(
            name='PledgeHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                ('heads', models.PositiveIntegerField(default=1, verbose_name='heads')),
                ('wishes', models.JSONField(blank=True, default=list, verbose_name='wishes')),
                ('hours', models.SlugField(db_index=False, max_length=40, verbose_name='hours')),
                ('from_date', models.DateField(verbose_name='from')),
                ('until', models.DateField(verbose_name='until')),
                ('state', models.CharField(choices=[('pledged', 'pledged'), ('placed', 'placed'), ('withdrawn', 'withdrawn')], default='pledged', max_length=10, verbose_name='state')),
                ('made_by', models.CharField(max_length=150, verbose_name='made by')),
                ('ended_at', models.DateTimeField(blank=True, null=True, verbose_name='ended')),
            ],
            options={
                'abstract': False,
            },
        ),
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
            name='languages',
            field=models.JSONField(blank=True, default=list, verbose_name='languages and dialects'),
        ),
        migrations.AddField(
            model_name='volunteer',
            name='seats',
            field=models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(60)], verbose_name='seats'),
        ),
        migrations.AddField(
            model_name='volunteer',
            name='vehicle_kind',
            field=models.SlugField(blank=True, max_length=40, verbose_name='kind of vehicle'),
        ),
        migrations.AddField(
            model_name='volunteerhistory',
            name='languages',
            field=models.JSONField(blank=True, default=list, verbose_name='languages and dialects'),
        ),
        migrations.AddField(
            model_name='volunteerhistory',
            name='seats',
            field=models.PositiveSmallIntegerField(blank=True, null=True, validators=[django.core.validators.MaxValueValidator(60)], verbose_name='seats'),
        ),
        migrations.AddField(
            model_name='volunteerhistory',
            name='vehicle_kind',
            field=models.SlugField(blank=True, db_index=False, max_length=40, verbose_name='kind of vehicle'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='volunteer',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_volunteerhistory" ("created_at", "echelon", "ended_by_death", "fit", "from_date", "id", "languages", "link_round", "name", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "seats", "to_date", "vehicle", "vehicle_kind") SELECT new_values."created_at", new_values."echelon", new_values."ended_by_death", new_values."fit", new_values."from_date", new_values."id", new_values."languages", new_values."link_round", new_values."name", new_values."organisation_id", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."rank", new_values."seats", new_values."to_date", new_values."vehicle", new_values."vehicle_kind" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='e493eb97ca2a6d34a913efabb4de152fd68d0a47', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_b6e0e', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_volunteer', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='volunteer',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_volunteerhistory" ("created_at", "echelon", "ended_by_death", "fit", "from_date", "id", "languages", "link_round", "name", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "seats", "to_date", "vehicle", "vehicle_kind") SELECT new_values."created_at", new_values."echelon", new_values."ended_by_death", new_values."fit", new_values."from_date", new_values."id", new_values."languages", new_values."link_round", new_values."name", new_values."organisation_id", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."rank", new_values."seats", new_values."to_date", new_values."vehicle", new_values."vehicle_kind" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='fdf2c7650ddc547fd1fa55ee163b690862b74756', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_7a135', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_volunteer', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='volunteer',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_volunteerhistory" ("created_at", "echelon", "ended_by_death", "fit", "from_date", "id", "languages", "link_round", "name", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "rank", "seats", "to_date", "vehicle", "vehicle_kind") SELECT old_values."created_at", old_values."echelon", old_values."ended_by_death", old_values."fit", old_values."from_date", old_values."id", old_values."languages", old_values."link_round", old_values."name", old_values."organisation_id", old_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."rank", old_values."seats", old_values."to_date", old_values."vehicle", old_values."vehicle_kind" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='c77a8e8e2c2ad7d788687935f51a4c9206774bfe', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_90269', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_volunteer', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='volunteer',
            constraint=models.CheckConstraint(condition=models.Q(('vehicle', True), models.Q(('seats', None), ('vehicle_kind', '')), _connector='OR'), name='volunteer_vehicle'),
        ),
        migrations.AddField(
            model_name='call',
            name='emergency',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='core.emergency', verbose_name='emergency'),
        ),
        migrations.AddField(
            model_name='callhistory',
            name='emergency',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='core.emergency', verbose_name='emergency'),
        ),
        migrations.AddField(
            model_name='callhistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='mobilise.call'),
        ),
        migrations.AddField(
            model_name='callline',
            name='call',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='lines', to='mobilise.call'),
        ),
        migrations.AddField(
            model_name='callline',
            name='place',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.region', verbose_name='place'),
        ),
        migrations.AddField(
            model_name='calllinehistory',
            name='call',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.call'),
        ),
        migrations.AddField(
            model_name='calllinehistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='mobilise.callline'),
        ),
        migrations.AddField(
            model_name='calllinehistory',
            name='place',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region', verbose_name='place'),
        ),
        migrations.AddField(
            model_name='callunit',
            name='call',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='units', to='mobilise.call'),
        ),
        migrations.AddField(
            model_name='callunit',
            name='organisation',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation', verbose_name='unit'),
        ),
        migrations.AddField(
            model_name='callunithistory',
            name='call',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.call'),
        ),
        migrations.AddField(
            model_name='callunithistory',
            name='organisation',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='organisations.organisation', verbose_name='unit'),
        ),
        migrations.AddField(
            model_name='callunithistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='mobilise.callunit'),
        ),
        migrations.AddField(
            model_name='match',
            name='base',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='mobilise.match'),
        ),
        migrations.AddField(
            model_name='match',
            name='call',
            field=models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='matches', to='mobilise.call'),
        ),
        migrations.AddField(
            model_name='matchhistory',
            name='base',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.match'),
        ),
        migrations.AddField(
            model_name='matchhistory',
            name='call',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.call'),
        ),
        migrations.AddField(
            model_name='matchhistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='mobilise.match'),
        ),
        migrations.AddField(
            model_name='placement',
            name='enlisted',
            field=models.ForeignKey(blank=True, editable=False, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='mobilise.volunteer'),
        ),
        migrations.AddField(
            model_name='placement',
            name='line',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='placements', to='mobilise.callline'),
        ),
        migrations.AddField(
            model_name='placementhistory',
            name='enlisted',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, editable=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.volunteer'),
        ),
        migrations.AddField(
            model_name='placementhistory',
            name='line',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.callline'),
        ),
        migrations.AddField(
            model_name='placementhistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='mobilise.placement'),
        ),
        migrations.AddField(
            model_name='pledge',
            name='call',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='pledges', to='mobilise.call'),
        ),
        migrations.AddField(
            model_name='pledge',
            name='organisation',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='organisations.organisation'),
        ),
        migrations.AddField(
            model_name='pledge',
            name='volunteer',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='pledges', to='mobilise.volunteer'),
        ),
        migrations.AddField(
            model_name='placementhistory',
            name='pledge',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.pledge'),
        ),
        migrations.AddField(
            model_name='placement',
            name='pledge',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='placements', to='mobilise.pledge'),
        ),
        migrations.AddField(
            model_name='pledgehistory',
            name='call',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.call'),
        ),
        migrations.AddField(
            model_name='pledgehistory',
            name='organisation',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='organisations.organisation'),
        ),
        migrations.AddField(
            model_name='pledgehistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='mobilise.pledge'),
        ),
        migrations.AddField(
            model_name='pledgehistory',
            name='volunteer',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.volunteer'),
        ),
        migrations.AddIndex(
            model_name='call',
            index=models.Index(fields=['place_code', 'state'], name='call_place'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(('ends_on__gte', models.F('starts_on'))), name='call_dates'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('sent_at', None), ('state', 'draft')), ('state', 'withdrawn'), models.Q(('sent_at__isnull', False), ('state__in', ['sent', 'closed'])), _connector='OR'), name='call_sent'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at', None), ('state__in', ['draft', 'sent'])), models.Q(('ended_at__isnull', False), ('state__in', ['closed', 'withdrawn'])), _connector='OR'), name='call_ended'),
        ),
        migrations.AddConstraint(
            model_name='call',
            constraint=models.CheckConstraint(condition=models.Q(('echelon__gte', 1), ('echelon__lte', 9)), name='call_echelon'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='call',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_callhistory" ("answer_by", "counts", "created_at", "cut_off", "echelon", "emergency_id", "ended_at", "ended_for", "ends_on", "hours", "id", "kind", "made_by", "open_to_all", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "sent_at", "sent_by", "starts_on", "state", "text", "title") SELECT new_values."answer_by", new_values."counts", new_values."created_at", new_values."cut_off", new_values."echelon", new_values."emergency_id", new_values."ended_at", new_values."ended_for", new_values."ends_on", new_values."hours", new_values."id", new_values."kind", new_values."made_by", new_values."open_to_all", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."sent_at", new_values."sent_by", new_values."starts_on", new_values."state", new_values."text", new_values."title" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='d65fbd89f2f3233403930a017ca071d934bbaf22', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_cee0d', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_call', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='call',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_callhistory" ("answer_by", "counts", "created_at", "cut_off", "echelon", "emergency_id", "ended_at", "ended_for", "ends_on", "hours", "id", "kind", "made_by", "open_to_all", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "sent_at", "sent_by", "starts_on", "state", "text", "title") SELECT new_values."answer_by", new_values."counts", new_values."created_at", new_values."cut_off", new_values."echelon", new_values."emergency_id", new_values."ended_at", new_values."ended_for", new_values."ends_on", new_values."hours", new_values."id", new_values."kind", new_values."made_by", new_values."open_to_all", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."sent_at", new_values."sent_by", new_values."starts_on", new_values."state", new_values."text", new_values."title" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."answer_by" IS DISTINCT FROM (new_values."answer_by") OR old_values."counts" IS DISTINCT FROM (new_values."counts") OR old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."cut_off" IS DISTINCT FROM (new_values."cut_off") OR old_values."echelon" IS DISTINCT FROM (new_values."echelon") OR old_values."emergency_id" IS DISTINCT FROM (new_values."emergency_id") OR old_values."ended_at" IS DISTINCT FROM (new_values."ended_at") OR old_values."ended_for" IS DISTINCT FROM (new_values."ended_for") OR old_values."ends_on" IS DISTINCT FROM (new_values."ends_on") OR old_values."hours" IS DISTINCT FROM (new_values."hours") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."kind" IS DISTINCT FROM (new_values."kind") OR old_values."made_by" IS DISTINCT FROM (new_values."made_by") OR old_values."open_to_all" IS DISTINCT FROM (new_values."open_to_all") OR old_values."place_code" IS DISTINCT FROM (new_values."place_code") OR old_values."sent_at" IS DISTINCT FROM (new_values."sent_at") OR old_values."sent_by" IS DISTINCT FROM (new_values."sent_by") OR old_values."starts_on" IS DISTINCT FROM (new_values."starts_on") OR old_values."state" IS DISTINCT FROM (new_values."state") OR old_values."text" IS DISTINCT FROM (new_values."text") OR old_values."title" IS DISTINCT FROM (new_values."title")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='a7acb1de503c5a4d3a8543112cce78c8fa77961e', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_25302', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_call', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='call',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_callhistory" ("answer_by", "counts", "created_at", "cut_off", "echelon", "emergency_id", "ended_at", "ended_for", "ends_on", "hours", "id", "kind", "made_by", "open_to_all", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "sent_at", "sent_by", "starts_on", "state", "text", "title") SELECT old_values."answer_by", old_values."counts", old_values."created_at", old_values."cut_off", old_values."echelon", old_values."emergency_id", old_values."ended_at", old_values."ended_for", old_values."ends_on", old_values."hours", old_values."id", old_values."kind", old_values."made_by", old_values."open_to_all", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."sent_at", old_values."sent_by", old_values."starts_on", old_values."state", old_values."text", old_values."title" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='e5a98388e72e4e3526918e2231db5c8c77bacbf8', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_7b285', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_call', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='callline',
            constraint=models.UniqueConstraint(fields=('call', 'number'), name='call_line_number'),
        ),
        migrations.AddConstraint(
            model_name='callline',
            constraint=models.CheckConstraint(condition=models.Q(('heads__gte', 1), ('heads__lte', 5000)), name='call_line_heads'),
        ),
        migrations.AddConstraint(
            model_name='callline',
            constraint=models.CheckConstraint(condition=models.Q(('placed__lte', models.F('heads'))), name='call_line_not_over'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='callline',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_calllinehistory" ("call_id", "created_at", "heads", "id", "key", "name", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "place_id", "skills") SELECT new_values."call_id", new_values."created_at", new_values."heads", new_values."id", new_values."key", new_values."name", new_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."place_id", new_values."skills" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='8ab57c2fcaa23f85dd3c6858ae6775ab3305f4e5', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_e84d3', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_callline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='callline',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_calllinehistory" ("call_id", "created_at", "heads", "id", "key", "name", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "place_id", "skills") SELECT new_values."call_id", new_values."created_at", new_values."heads", new_values."id", new_values."key", new_values."name", new_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."place_id", new_values."skills" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."call_id" IS DISTINCT FROM (new_values."call_id") OR old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."heads" IS DISTINCT FROM (new_values."heads") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."key" IS DISTINCT FROM (new_values."key") OR old_values."name" IS DISTINCT FROM (new_values."name") OR old_values."number" IS DISTINCT FROM (new_values."number") OR old_values."place_id" IS DISTINCT FROM (new_values."place_id") OR old_values."place_code" IS DISTINCT FROM (new_values."place_code") OR old_values."skills" IS DISTINCT FROM (new_values."skills")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='0ab1e882fb1809f1bb9ad8d0c8ba93058d341159', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_2ab0a', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_callline', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='callline',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_calllinehistory" ("call_id", "created_at", "heads", "id", "key", "name", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "place_id", "skills") SELECT old_values."call_id", old_values."created_at", old_values."heads", old_values."id", old_values."key", old_values."name", old_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."place_id", old_values."skills" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='4fd8ebc2855c362de0ee99c9de30e5028f9d071c', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_6cb9d', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_callline', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='callunit',
            constraint=models.UniqueConstraint(fields=('call', 'organisation'), name='call_unit_once'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='callunit',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_callunithistory" ("below", "call_id", "created_at", "id", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "quota") SELECT new_values."below", new_values."call_id", new_values."created_at", new_values."id", new_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."quota" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='3fd1a9934a06bc65c95bf08cf4296d042361399e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_758d6', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_callunit', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='callunit',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_callunithistory" ("below", "call_id", "created_at", "id", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "quota") SELECT new_values."below", new_values."call_id", new_values."created_at", new_values."id", new_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."quota" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."below" IS DISTINCT FROM (new_values."below") OR old_values."call_id" IS DISTINCT FROM (new_values."call_id") OR old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."organisation_id" IS DISTINCT FROM (new_values."organisation_id") OR old_values."place_code" IS DISTINCT FROM (new_values."place_code") OR old_values."quota" IS DISTINCT FROM (new_values."quota")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='eab77d5b88d4bcd646a417cdc7375ed1390285cc', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_5ca3e', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_callunit', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='callunit',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_callunithistory" ("below", "call_id", "created_at", "id", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "quota") SELECT old_values."below", old_values."call_id", old_values."created_at", old_values."id", old_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."quota" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='82a6bb7bec5449e77f7fb1b2821b3a454a223adc', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_17bb6', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_callunit', when='AFTER')),
        ),
        migrations.AddConstraint(
            model_name='match',
            constraint=models.UniqueConstraint(fields=('call', 'number'), name='match_number'),
        ),
        migrations.AddConstraint(
            model_name='match',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('result', None), ('state', 'working')), models.Q(models.Q(('state', 'working'), _negated=True), ('result__isnull', False)), _connector='OR'), name='match_result'),
        ),
        migrations.AddConstraint(
            model_name='match',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('accepted_at__isnull', False), ('state', 'accepted')), models.Q(models.Q(('state', 'accepted'), _negated=True), ('accepted_at', None)), _connector='OR'), name='match_accepted'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='match',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_matchhistory" ("accepted_at", "accepted_by", "bans", "base_id", "call_id", "created_at", "ground", "heads", "id", "made_by", "most_km", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "state", "weights") SELECT new_values."accepted_at", new_values."accepted_by", new_values."bans", new_values."base_id", new_values."call_id", new_values."created_at", new_values."ground", new_values."heads", new_values."id", new_values."made_by", new_values."most_km", new_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."state", new_values."weights" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='4d5d2a3349194ebe7d9b11522e4ff156fb9f33ce', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_61268', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_match', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='match',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_matchhistory" ("accepted_at", "accepted_by", "bans", "base_id", "call_id", "created_at", "ground", "heads", "id", "made_by", "most_km", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "state", "weights") SELECT new_values."accepted_at", new_values."accepted_by", new_values."bans", new_values."base_id", new_values."call_id", new_values."created_at", new_values."ground", new_values."heads", new_values."id", new_values."made_by", new_values."most_km", new_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."state", new_values."weights" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."accepted_at" IS DISTINCT FROM (new_values."accepted_at") OR old_values."accepted_by" IS DISTINCT FROM (new_values."accepted_by") OR old_values."bans" IS DISTINCT FROM (new_values."bans") OR old_values."base_id" IS DISTINCT FROM (new_values."base_id") OR old_values."call_id" IS DISTINCT FROM (new_values."call_id") OR old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."ground" IS DISTINCT FROM (new_values."ground") OR old_values."heads" IS DISTINCT FROM (new_values."heads") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."made_by" IS DISTINCT FROM (new_values."made_by") OR old_values."most_km" IS DISTINCT FROM (new_values."most_km") OR old_values."number" IS DISTINCT FROM (new_values."number") OR old_values."place_code" IS DISTINCT FROM (new_values."place_code") OR old_values."state" IS DISTINCT FROM (new_values."state") OR old_values."weights" IS DISTINCT FROM (new_values."weights")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='3f5d8d9d73357aac7bc707c796f3eff8460f5374', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_c433c', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_match', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='match',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_matchhistory" ("accepted_at", "accepted_by", "bans", "base_id", "call_id", "created_at", "ground", "heads", "id", "made_by", "most_km", "number", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "state", "weights") SELECT old_values."accepted_at", old_values."accepted_by", old_values."bans", old_values."base_id", old_values."call_id", old_values."created_at", old_values."ground", old_values."heads", old_values."id", old_values."made_by", old_values."most_km", old_values."number", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."state", old_values."weights" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='f7f3144f3e289ae929454e4fd04575eb9f7484ed', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_223dd', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_match', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='pledge',
            index=models.Index(fields=['call', 'state'], name='pledge_call'),
        ),
        migrations.AddIndex(
            model_name='pledge',
            index=models.Index(fields=['place_code'], name='pledge_place'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('state', 'withdrawn'), _negated=True), ('volunteer__isnull', False)), fields=('call', 'volunteer'), name='pledge_once'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.UniqueConstraint(condition=models.Q(models.Q(('state', 'withdrawn'), _negated=True), ('volunteer', None)), fields=('call', 'organisation'), name='pledge_unit_once'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('heads', 1), ('volunteer__isnull', False)), models.Q(('organisation__isnull', False), ('volunteer', None)), _connector='OR'), name='pledge_whose'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.CheckConstraint(condition=models.Q(('heads__gte', 1), ('heads__lte', 5000)), name='pledge_heads'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.CheckConstraint(condition=models.Q(('until__gte', models.F('from_date'))), name='pledge_dates'),
        ),
        migrations.AddConstraint(
            model_name='pledge',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('ended_at__isnull', False), ('state', 'withdrawn')), models.Q(models.Q(('state', 'withdrawn'), _negated=True), ('ended_at', None)), _connector='OR'), name='pledge_ended'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pledge',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_pledgehistory" ("call_id", "created_at", "ended_at", "from_date", "heads", "hours", "id", "made_by", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "state", "until", "volunteer_id", "wishes") SELECT new_values."call_id", new_values."created_at", new_values."ended_at", new_values."from_date", new_values."heads", new_values."hours", new_values."id", new_values."made_by", new_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."state", new_values."until", new_values."volunteer_id", new_values."wishes" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='bf76d9d1c547af88071460f3bd2bbf2fa4bae84e', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_d893c', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_pledge', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pledge',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_pledgehistory" ("call_id", "created_at", "ended_at", "from_date", "heads", "hours", "id", "made_by", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "state", "until", "volunteer_id", "wishes") SELECT new_values."call_id", new_values."created_at", new_values."ended_at", new_values."from_date", new_values."heads", new_values."hours", new_values."id", new_values."made_by", new_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."state", new_values."until", new_values."volunteer_id", new_values."wishes" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='20a583117233460225cf16b47e320720c72ee850', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_b7825', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_pledge', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='pledge',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_pledgehistory" ("call_id", "created_at", "ended_at", "from_date", "heads", "hours", "id", "made_by", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "state", "until", "volunteer_id", "wishes") SELECT old_values."call_id", old_values."created_at", old_values."ended_at", old_values."from_date", old_values."heads", old_values."hours", old_values."id", old_values."made_by", old_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."state", old_values."until", old_values."volunteer_id", old_values."wishes" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='ea670f231c64bb85cd2ad727e89c66ceb6e0ba91', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_12419', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_pledge', when='AFTER')),
        ),
        migrations.AddIndex(
            model_name='placement',
            index=models.Index(fields=['line', 'state'], name='placement_line'),
        ),
        migrations.AddConstraint(
            model_name='placement',
            constraint=models.UniqueConstraint(condition=models.Q(('state__in', ['asked', 'confirmed'])), fields=('pledge', 'line'), name='placement_once'),
        ),
        migrations.AddConstraint(
            model_name='placement',
            constraint=models.CheckConstraint(condition=models.Q(('heads__gte', 1), ('heads__lte', 5000)), name='placement_heads'),
        ),
        migrations.AddConstraint(
            model_name='placement',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('decided_at', None), ('state', 'asked')), models.Q(models.Q(('state', 'asked'), _negated=True), ('decided_at__isnull', False)), _connector='OR'), name='placement_decided'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='placement',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_placementhistory" ("created_at", "decided_at", "decided_by", "enlisted_id", "heads", "id", "line_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "pledge_id", "source", "state") SELECT new_values."created_at", new_values."decided_at", new_values."decided_by", new_values."enlisted_id", new_values."heads", new_values."id", new_values."line_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."pledge_id", new_values."source", new_values."state" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='953573086134f976c95d69962fa2d1efb2e0177a', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_e4143', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_placement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='placement',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_placementhistory" ("created_at", "decided_at", "decided_by", "enlisted_id", "heads", "id", "line_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "pledge_id", "source", "state") SELECT new_values."created_at", new_values."decided_at", new_values."decided_by", new_values."enlisted_id", new_values."heads", new_values."id", new_values."line_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."pledge_id", new_values."source", new_values."state" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='69a9216e30e56027367419bba180d92d82d2d63b', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_e4636', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_placement', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='placement',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_placementhistory" ("created_at", "decided_at", "decided_by", "enlisted_id", "heads", "id", "line_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "pledge_id", "source", "state") SELECT old_values."created_at", old_values."decided_at", old_values."decided_by", old_values."enlisted_id", old_values."heads", old_values."id", old_values."line_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."pledge_id", old_values."source", old_values."state" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='edb53a7c138d59c6975a81a9bb6e6ef0a9c16b4b', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_09dbf', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_placement', when='AFTER')),
        ),
        migrations.RunSQL(PLEDGED, "DROP FUNCTION mobilise_pledged() CASCADE"),
        migrations.RunSQL(SEATED, "DROP FUNCTION mobilise_seated() CASCADE"),
        migrations.RunSQL(HOLD, "DROP FUNCTION mobilise_hold_lines(uuid[])"),
    ]
