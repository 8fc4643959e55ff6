"""Position and skill of who goes with a batch; trainees of standing programmes by name."""

import django.db.models.deletion
import fangxian.common.fields
import fangxian.common.ids
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('mobilise', '0007_calls'),
    ]

    operations = [
        migrations.CreateModel(
            name='AidTrainee',
            fields=[
                ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('organisation', models.CharField(max_length=80, verbose_name='unit')),
                ('position', models.CharField(blank=True, max_length=60, verbose_name='position or title')),
                ('topic', models.CharField(max_length=120, verbose_name='trained in')),
                ('from_date', models.DateField(verbose_name='from')),
                ('until', models.DateField(blank=True, null=True, verbose_name='until')),
                ('passed', models.CharField(blank=True, max_length=120, verbose_name='what was passed')),
                ('passed_on', models.DateField(blank=True, null=True, verbose_name='passed on')),
            ],
            options={
                'verbose_name': 'trainee of a programme',
                'verbose_name_plural': 'trainees of programmes',
            },
        ),
        migrations.CreateModel(
            name='AidTraineeHistory',
            fields=[
                ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                ('pgh_label', models.TextField(help_text='The event label.')),
                ('pgh_context', pghistory.utils.JSONField(null=True)),
                ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                ('place_code', fangxian.common.fields.PlaceCodeField(db_collation='C', max_length=20, verbose_name='place')),
                ('name', models.CharField(max_length=60, verbose_name='name')),
                ('organisation', models.CharField(max_length=80, verbose_name='unit')),
                ('position', models.CharField(blank=True, max_length=60, verbose_name='position or title')),
                ('topic', models.CharField(max_length=120, verbose_name='trained in')),
                ('from_date', models.DateField(verbose_name='from')),
                ('until', models.DateField(blank=True, null=True, verbose_name='until')),
                ('passed', models.CharField(blank=True, max_length=120, verbose_name='what was passed')),
                ('passed_on', models.DateField(blank=True, null=True, verbose_name='passed on')),
            ],
            options={
                'abstract': False,
            },
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='aidmember',
            name='insert_insert',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='aidmember',
            name='update_update',
        ),
        pgtrigger.migrations.RemoveTrigger(
            model_name='aidmember',
            name='delete_delete',
        ),
        migrations.AddField(
            model_name='aidmember',
            name='position',
            field=models.CharField(blank=True, max_length=60, verbose_name='position or title'),
        ),
        migrations.AddField(
            model_name='aidmember',
            name='specialty',
            field=models.CharField(blank=True, max_length=60, verbose_name='skill'),
        ),
        migrations.AddField(
            model_name='aidmemberhistory',
            name='position',
            field=models.CharField(blank=True, max_length=60, verbose_name='position or title'),
        ),
        migrations.AddField(
            model_name='aidmemberhistory',
            name='specialty',
            field=models.CharField(blank=True, max_length=60, verbose_name='skill'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='aidmember',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_aidmemberhistory" ("batch_id", "created_at", "id", "leader", "name", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "position", "returned_on", "role", "specialty") SELECT new_values."batch_id", new_values."created_at", new_values."id", new_values."leader", new_values."name", new_values."organisation_id", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."position", new_values."returned_on", new_values."role", new_values."specialty" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='bbf82f924a45ac4f8d8a51add84e9de7c49f7682', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_3faf6', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_aidmember', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='aidmember',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_aidmemberhistory" ("batch_id", "created_at", "id", "leader", "name", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "position", "returned_on", "role", "specialty") SELECT new_values."batch_id", new_values."created_at", new_values."id", new_values."leader", new_values."name", new_values."organisation_id", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."position", new_values."returned_on", new_values."role", new_values."specialty" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='8f5786250baa1530059a348d8523edefcc3671e5', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_b5325', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_aidmember', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='aidmember',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_aidmemberhistory" ("batch_id", "created_at", "id", "leader", "name", "organisation_id", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "position", "returned_on", "role", "specialty") SELECT old_values."batch_id", old_values."created_at", old_values."id", old_values."leader", old_values."name", old_values."organisation_id", old_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."position", old_values."returned_on", old_values."role", old_values."specialty" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='24770a15e6d9ab7a5c2c0ea0cc8dc9acddc5309f', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_bc6e4', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_aidmember', when='AFTER')),
        ),
        migrations.AddField(
            model_name='aidtrainee',
            name='programme',
            field=models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='trainees', to='mobilise.aidprogramme'),
        ),
        migrations.AddField(
            model_name='aidtrainee',
            name='term',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='trainees', to='mobilise.aidbatch', verbose_name='term'),
        ),
        migrations.AddField(
            model_name='aidtraineehistory',
            name='pgh_obj',
            field=models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='mobilise.aidtrainee'),
        ),
        migrations.AddField(
            model_name='aidtraineehistory',
            name='programme',
            field=models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.aidprogramme'),
        ),
        migrations.AddField(
            model_name='aidtraineehistory',
            name='term',
            field=models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='mobilise.aidbatch', verbose_name='term'),
        ),
        migrations.AddIndex(
            model_name='aidtrainee',
            index=models.Index(fields=['programme', 'from_date'], name='aid_trainee_programme'),
        ),
        migrations.AddConstraint(
            model_name='aidtrainee',
            constraint=models.UniqueConstraint(fields=('programme', 'name', 'organisation', 'topic', 'from_date'), name='aid_trainee_once'),
        ),
        migrations.AddConstraint(
            model_name='aidtrainee',
            constraint=models.CheckConstraint(condition=models.Q(models.Q(('name', ''), _negated=True), models.Q(('organisation', ''), _negated=True), models.Q(('topic', ''), _negated=True)), name='aid_trainee_said'),
        ),
        migrations.AddConstraint(
            model_name='aidtrainee',
            constraint=models.CheckConstraint(condition=models.Q(('until', None), ('until__gte', models.F('from_date')), _connector='OR'), name='aid_trainee_dates'),
        ),
        migrations.AddConstraint(
            model_name='aidtrainee',
            constraint=models.CheckConstraint(condition=models.Q(('passed_on', None), models.Q(('passed_on__gte', models.F('from_date')), models.Q(('passed', ''), _negated=True)), _connector='OR'), name='aid_trainee_passed'),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='aidtrainee',
            trigger=pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_aidtraineehistory" ("created_at", "from_date", "id", "name", "organisation", "passed", "passed_on", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "position", "programme_id", "term_id", "topic", "until") SELECT new_values."created_at", new_values."from_date", new_values."id", new_values."name", new_values."organisation", new_values."passed", new_values."passed_on", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."position", new_values."programme_id", new_values."term_id", new_values."topic", new_values."until" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='814e4d1dfa47241101ec69fd93a8a53b9045d120', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_3bfaa', referencing='REFERENCING NEW TABLE AS new_values ', table='mobilise_aidtrainee', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='aidtrainee',
            trigger=pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_aidtraineehistory" ("created_at", "from_date", "id", "name", "organisation", "passed", "passed_on", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "position", "programme_id", "term_id", "topic", "until") SELECT new_values."created_at", new_values."from_date", new_values."id", new_values."name", new_values."organisation", new_values."passed", new_values."passed_on", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."position", new_values."programme_id", new_values."term_id", new_values."topic", new_values."until" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='829e10a840a6996370cea7a4db608b21da1d4199', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_997d8', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='mobilise_aidtrainee', when='AFTER')),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name='aidtrainee',
            trigger=pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "mobilise_aidtraineehistory" ("created_at", "from_date", "id", "name", "organisation", "passed", "passed_on", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "position", "programme_id", "term_id", "topic", "until") SELECT old_values."created_at", old_values."from_date", old_values."id", old_values."name", old_values."organisation", old_values."passed", old_values."passed_on", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."position", old_values."programme_id", old_values."term_id", old_values."topic", old_values."until" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='96b4359e5d7ac077493a91db82f6b0da8670b404', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_d529b', referencing='REFERENCING OLD TABLE AS old_values ', table='mobilise_aidtrainee', when='AFTER')),
        ),
    ]
