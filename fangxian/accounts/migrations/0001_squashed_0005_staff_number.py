"""The tables of the room."""

import django.contrib.auth.validators
import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.core.validators
import django.db.models.deletion
import django.db.models.functions.text
import fangxian.common.fields
import fangxian.common.ids
import fangxian.common.operations
import pghistory.utils
import pgtrigger.compiler
from django.conf import settings
from django.db import migrations, models


class Migration(migrations.Migration):

    replaces = [('accounts', '0001_initial'), ('accounts', '0002_lean_history'), ('accounts', '0003_shared_cache'), ('accounts', '0004_access_of_tasks'), ('accounts', '0005_staff_number')]

    initial = True

    dependencies = [
        ('regions', '0001_squashed_0004_movable'),
    ]

    operations = [
        fangxian.common.operations.CreateModels(
            models=[
                migrations.CreateModel(
                    name='Role',
                    fields=[
                        ('code', models.SlugField(max_length=40, primary_key=True, serialize=False, verbose_name='code')),
                        ('name', models.CharField(max_length=60, verbose_name='name')),
                        ('rights', models.JSONField(default=list, verbose_name='rights')),
                        ('may_grant', models.JSONField(default=list, verbose_name='may give the roles')),
                        ('needs_second_factor', models.BooleanField(default=False, verbose_name='always needs a second factor')),
                        ('exclusive_group', models.SlugField(blank=True, max_length=40, verbose_name='excludes others of the group')),
                        ('position', models.PositiveSmallIntegerField(default=100, verbose_name='place in lists')),
                    ],
                    options={
                        'verbose_name': 'role',
                        'verbose_name_plural': 'roles',
                        'ordering': ['position', 'code'],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_rolehistory" ("code", "exclusive_group", "may_grant", "name", "needs_second_factor", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "rights") SELECT new_values."code", new_values."exclusive_group", new_values."may_grant", new_values."name", new_values."needs_second_factor", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."code", new_values."position", new_values."rights" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='add03140c79a02f2eeb2ed4898f2151969f74eae', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_d9a3a', referencing='REFERENCING NEW TABLE AS new_values ', table='accounts_role', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_rolehistory" ("code", "exclusive_group", "may_grant", "name", "needs_second_factor", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "rights") SELECT new_values."code", new_values."exclusive_group", new_values."may_grant", new_values."name", new_values."needs_second_factor", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."code", new_values."position", new_values."rights" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."code") = (new_values."code") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='ca717ff2efc68a2340cda37fdd007832c3ece21a', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_023a0', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='accounts_role', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_rolehistory" ("code", "exclusive_group", "may_grant", "name", "needs_second_factor", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "position", "rights") SELECT old_values."code", old_values."exclusive_group", old_values."may_grant", old_values."name", old_values."needs_second_factor", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."code", old_values."position", old_values."rights" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='a5fabfa8fccb8fb85640a303ed092c35e98778c7', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_d75a6', referencing='REFERENCING OLD TABLE AS old_values ', table='accounts_role', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='RoleHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('code', models.SlugField(db_index=False, max_length=40, serialize=False, verbose_name='code')),
                        ('name', models.CharField(max_length=60, verbose_name='name')),
                        ('rights', models.JSONField(default=list, verbose_name='rights')),
                        ('may_grant', models.JSONField(default=list, verbose_name='may give the roles')),
                        ('needs_second_factor', models.BooleanField(default=False, verbose_name='always needs a second factor')),
                        ('exclusive_group', models.SlugField(blank=True, db_index=False, max_length=40, verbose_name='excludes others of the group')),
                        ('position', models.PositiveSmallIntegerField(default=100, verbose_name='place in lists')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.role')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='SecurityAlert',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('at', models.DateTimeField(auto_now_add=True, verbose_name='first seen')),
                        ('last_at', models.DateTimeField(auto_now_add=True, verbose_name='last seen')),
                        ('kind', models.SlugField(max_length=40, verbose_name='what')),
                        ('user_id', models.UUIDField(null=True)),
                        ('area', fangxian.common.fields.PlaceCodeField(blank=True, db_collation='C', max_length=20)),
                        ('source', models.CharField(blank=True, max_length=80, verbose_name='from')),
                        ('times', models.PositiveIntegerField(default=1, verbose_name='times')),
                        ('settled_at', models.DateTimeField(blank=True, null=True, verbose_name='settled')),
                        ('settled_by_id', models.UUIDField(blank=True, null=True)),
                        ('settled_note', models.CharField(blank=True, max_length=200, verbose_name='note')),
                    ],
                    options={
                        'indexes': [models.Index(fields=['kind', 'user_id', 'at'], name='alert_kind_user')],
                    },
                ),
                migrations.CreateModel(
                    name='User',
                    fields=[
                        ('password', models.CharField(max_length=128, verbose_name='password')),
                        ('last_login', models.DateTimeField(blank=True, null=True, verbose_name='last login')),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('username', models.CharField(error_messages={'unique': 'This user name is taken; choose another.'}, max_length=60, unique=True, validators=[django.contrib.auth.validators.UnicodeUsernameValidator(), django.core.validators.RegexValidator('[0-9]{11}', 'A user name may not be an identity number or a phone number.', inverse_match=True)], verbose_name='user name')),
                        ('display_name', models.CharField(max_length=60, verbose_name='display name')),
                        ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                        ('person_id', models.UUIDField(blank=True, null=True)),
                        ('is_active', models.BooleanField(default=True, verbose_name='active')),
                        ('password_expires_at', models.DateTimeField(blank=True, null=True, verbose_name='temporary password until')),
                        ('session_round', models.PositiveIntegerField(default=0, editable=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('elders_edition', models.BooleanField(default=False, verbose_name='elders’ edition')),
                        ('region', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.region', verbose_name='administered at')),
                        ('staff_number', models.CharField(blank=True, max_length=40, verbose_name='staff number')),
                    ],
                    options={
                        'verbose_name': 'account',
                        'verbose_name_plural': 'accounts',
                        'constraints': [models.UniqueConstraint(django.db.models.functions.text.Lower('username'), name='username_any_case', violation_error_message='This user name is taken; choose another.'), models.UniqueConstraint(condition=models.Q(('person_id__isnull', False)), fields=('person_id',), name='one_account_a_person', violation_error_message='This person has an account already.'), models.CheckConstraint(condition=models.Q(('username__regex', '[0-9]{11}'), _negated=True), name='username_names_nobody', violation_error_message='A user name may not be an identity number or a phone number.'), models.UniqueConstraint(django.db.models.functions.text.Lower('staff_number'), condition=models.Q(('staff_number', ''), _negated=True), name='one_account_a_staff_number', violation_error_message='Another account has this staff number.'), models.CheckConstraint(condition=models.Q(('staff_number__regex', '[0-9]{11}'), _negated=True), name='staff_number_is_none_of_a_person', violation_error_message='A staff number may not be an identity number or a phone number.')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_userhistory" ("created_at", "display_name", "elders_edition", "email", "id", "is_active", "password_expires_at", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "session_round", "staff_number", "username") SELECT new_values."created_at", new_values."display_name", new_values."elders_edition", new_values."email", new_values."id", new_values."is_active", new_values."password_expires_at", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."region_id", new_values."session_round", new_values."staff_number", new_values."username" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='f7677db00c31b8d8f12cfce2392bf04c51d34f72', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_3867c', referencing='REFERENCING NEW TABLE AS new_values ', table='accounts_user', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_userhistory" ("created_at", "display_name", "elders_edition", "email", "id", "is_active", "password_expires_at", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "session_round", "staff_number", "username") SELECT new_values."created_at", new_values."display_name", new_values."elders_edition", new_values."email", new_values."id", new_values."is_active", new_values."password_expires_at", new_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."region_id", new_values."session_round", new_values."staff_number", new_values."username" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values."created_at" IS DISTINCT FROM (new_values."created_at") OR old_values."display_name" IS DISTINCT FROM (new_values."display_name") OR old_values."elders_edition" IS DISTINCT FROM (new_values."elders_edition") OR old_values."email" IS DISTINCT FROM (new_values."email") OR old_values."id" IS DISTINCT FROM (new_values."id") OR old_values."is_active" IS DISTINCT FROM (new_values."is_active") OR old_values."password_expires_at" IS DISTINCT FROM (new_values."password_expires_at") OR old_values."person_id" IS DISTINCT FROM (new_values."person_id") OR old_values."region_id" IS DISTINCT FROM (new_values."region_id") OR old_values."session_round" IS DISTINCT FROM (new_values."session_round") OR old_values."staff_number" IS DISTINCT FROM (new_values."staff_number") OR old_values."username" IS DISTINCT FROM (new_values."username")) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='eefc1052f13311f483070ea635fc8c5eadc92448', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_0e890', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='accounts_user', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_userhistory" ("created_at", "display_name", "elders_edition", "email", "id", "is_active", "password_expires_at", "person_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "region_id", "session_round", "staff_number", "username") SELECT old_values."created_at", old_values."display_name", old_values."elders_edition", old_values."email", old_values."id", old_values."is_active", old_values."password_expires_at", old_values."person_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."region_id", old_values."session_round", old_values."staff_number", old_values."username" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='0313b518894e0912b88bd50c5944db6cb0e0a613', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_19f14', referencing='REFERENCING OLD TABLE AS old_values ', table='accounts_user', when='AFTER'))],
                    },
                ),
                migrations.CreateModel(
                    name='UserHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('username', models.CharField(error_messages={'unique': 'This user name is taken; choose another.'}, max_length=60, validators=[django.contrib.auth.validators.UnicodeUsernameValidator(), django.core.validators.RegexValidator('[0-9]{11}', 'A user name may not be an identity number or a phone number.', inverse_match=True)], verbose_name='user name')),
                        ('display_name', models.CharField(max_length=60, verbose_name='display name')),
                        ('email', models.EmailField(blank=True, max_length=254, verbose_name='e-mail')),
                        ('person_id', models.UUIDField(blank=True, null=True)),
                        ('is_active', models.BooleanField(default=True, verbose_name='active')),
                        ('password_expires_at', models.DateTimeField(blank=True, null=True, verbose_name='temporary password until')),
                        ('session_round', models.PositiveIntegerField(default=0, editable=False)),
                        ('created_at', models.DateTimeField(auto_now_add=True, verbose_name='created')),
                        ('elders_edition', models.BooleanField(default=False, verbose_name='elders’ edition')),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to=settings.AUTH_USER_MODEL)),
                        ('region', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region', verbose_name='administered at')),
                        ('staff_number', models.CharField(blank=True, max_length=40, verbose_name='staff number')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='AccessLog',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('at', models.DateTimeField(auto_now_add=True)),
                        ('user_id', models.UUIDField(null=True)),
                        ('grant_id', models.UUIDField(null=True)),
                        ('actor', models.CharField(max_length=80)),
                        ('role', models.CharField(blank=True, max_length=40)),
                        ('organisation_id', models.UUIDField(null=True)),
                        ('area', fangxian.common.fields.PlaceCodeField(blank=True, db_collation='C', max_length=20)),
                        ('purpose', models.CharField(max_length=260)),
                        ('purpose_code', models.CharField(blank=True, max_length=40)),
                        ('source', models.CharField(max_length=80)),
                        ('request_id', models.CharField(blank=True, max_length=40)),
                        ('persons', django.contrib.postgres.fields.ArrayField(base_field=models.UUIDField(), size=None)),
                        ('revealed', models.CharField(blank=True, max_length=40)),
                    ],
                    options={
                        'indexes': [django.contrib.postgres.indexes.GinIndex(fields=['persons'], name='access_person'), models.Index(fields=['user_id', 'id'], name='access_user'), models.Index(condition=models.Q(('revealed', ''), _negated=True), fields=['user_id', 'at'], name='access_reveals')],
                    },
                ),
                migrations.CreateModel(
                    name='Grant',
                    fields=[
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                        ('organisation_id', models.UUIDField(blank=True, null=True)),
                        ('valid_from', models.DateField(verbose_name='from')),
                        ('valid_to', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='revoked')),
                        ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                        ('granted_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to=settings.AUTH_USER_MODEL)),
                        ('region', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='regions.region', verbose_name='place')),
                        ('user', models.ForeignKey(on_delete=django.db.models.deletion.CASCADE, related_name='grants', to=settings.AUTH_USER_MODEL)),
                        ('role', models.ForeignKey(on_delete=django.db.models.deletion.PROTECT, related_name='grants', to='accounts.role', verbose_name='role')),
                    ],
                    options={
                        'verbose_name': 'grant',
                        'verbose_name_plural': 'grants',
                        'constraints': [models.UniqueConstraint(condition=models.Q(('revoked_at', None), ('valid_to', None)), fields=('user', 'role', 'region'), name='grant_once', nulls_distinct=False), models.CheckConstraint(condition=models.Q(('valid_to', None), ('valid_to__gte', models.F('valid_from')), _connector='OR'), name='grant_dates'), models.CheckConstraint(condition=models.Q(('granted_by', None), models.Q(('granted_by', models.F('user')), _negated=True), _connector='OR'), name='grant_not_to_oneself')],
                        'triggers': [pgtrigger.compiler.Trigger(name='insert_insert', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_granthistory" ("granted_by_id", "id", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "region_id", "revoked_at", "role_id", "user_id", "valid_from", "valid_to") SELECT new_values."granted_by_id", new_values."id", new_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."reason", new_values."region_id", new_values."revoked_at", new_values."role_id", new_values."user_id", new_values."valid_from", new_values."valid_to" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='044e3d96396f974ab9ed5bff0b8f588a35d95a5d', level='STATEMENT', operation='INSERT', pgid='pgtrigger_insert_insert_a8d42', referencing='REFERENCING NEW TABLE AS new_values ', table='accounts_grant', when='AFTER')), pgtrigger.compiler.Trigger(name='update_update', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_granthistory" ("granted_by_id", "id", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "region_id", "revoked_at", "role_id", "user_id", "valid_from", "valid_to") SELECT new_values."granted_by_id", new_values."id", new_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."reason", new_values."region_id", new_values."revoked_at", new_values."role_id", new_values."user_id", new_values."valid_from", new_values."valid_to" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;', hash='ac3eebb374af8fc0fa434e78adb0f6417fef4578', level='STATEMENT', operation='UPDATE', pgid='pgtrigger_update_update_c6802', referencing='REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ', table='accounts_grant', when='AFTER')), pgtrigger.compiler.Trigger(name='delete_delete', sql=pgtrigger.compiler.UpsertTriggerSql(func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "accounts_granthistory" ("granted_by_id", "id", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "reason", "region_id", "revoked_at", "role_id", "user_id", "valid_from", "valid_to") SELECT old_values."granted_by_id", old_values."id", old_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."reason", old_values."region_id", old_values."revoked_at", old_values."role_id", old_values."user_id", old_values."valid_from", old_values."valid_to" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;', hash='6fd2599a8dd9e8677419aa92661a40ecf9928f5c', level='STATEMENT', operation='DELETE', pgid='pgtrigger_delete_delete_505e5', referencing='REFERENCING OLD TABLE AS old_values ', table='accounts_grant', when='AFTER')), pgtrigger.compiler.Trigger(name='exclusive_roles', sql=pgtrigger.compiler.UpsertTriggerSql(declare='DECLARE of_group text;', func="\nSELECT exclusive_group INTO of_group FROM accounts_role WHERE code = NEW.role_id;\nIF of_group = '' OR NEW.revoked_at IS NOT NULL THEN\n    RETURN NEW;\nEND IF;\nPERFORM 1 FROM accounts_user WHERE id = NEW.user_id FOR NO KEY UPDATE;\nIF TG_OP = 'INSERT' AND EXISTS (\n    SELECT 1 FROM accounts_user WHERE id = NEW.user_id AND staff_number = ''\n) THEN\n    RAISE EXCEPTION 'a role of the group % is held by somebody who is named', of_group\n        USING ERRCODE = 'check_violation', CONSTRAINT = 'grant_names_its_holder';\nEND IF;\nIF EXISTS (\n    SELECT 1 FROM accounts_grant g JOIN accounts_role r ON r.code = g.role_id\n    WHERE g.user_id = NEW.user_id AND r.exclusive_group = of_group AND g.role_id <> NEW.role_id\n      AND g.id <> NEW.id AND g.revoked_at IS NULL\n      AND daterange(g.valid_from, g.valid_to, '[]')\n          && daterange(NEW.valid_from, NEW.valid_to, '[]')\n) THEN\n    RAISE EXCEPTION 'roles of the group % exclude each other', of_group\n        USING ERRCODE = 'exclusion_violation', CONSTRAINT = 'grant_exclusive_roles';\nEND IF;\nRETURN NEW;\n", hash='b41b3a71c601624cf6d8ecd97bdf583acd29bb34', operation='INSERT OR UPDATE', pgid='pgtrigger_exclusive_roles_977ed', table='accounts_grant', when='BEFORE'))],
                    },
                ),
                migrations.CreateModel(
                    name='GrantHistory',
                    fields=[
                        ('pgh_id', models.AutoField(primary_key=True, serialize=False)),
                        ('pgh_created_at', models.DateTimeField(auto_now_add=True)),
                        ('pgh_label', models.TextField(help_text='The event label.')),
                        ('pgh_context', pghistory.utils.JSONField(null=True)),
                        ('id', models.UUIDField(default=fangxian.common.ids.uuid7, editable=False, serialize=False)),
                        ('organisation_id', models.UUIDField(blank=True, null=True)),
                        ('valid_from', models.DateField(verbose_name='from')),
                        ('valid_to', models.DateField(blank=True, null=True, verbose_name='until')),
                        ('revoked_at', models.DateTimeField(blank=True, null=True, verbose_name='revoked')),
                        ('reason', models.CharField(blank=True, max_length=200, verbose_name='reason')),
                        ('granted_by', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('pgh_obj', models.ForeignKey(db_constraint=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='events', to='accounts.grant')),
                        ('region', models.ForeignKey(blank=True, db_constraint=False, db_index=False, null=True, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='regions.region', verbose_name='place')),
                        ('user', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to=settings.AUTH_USER_MODEL)),
                        ('role', models.ForeignKey(db_constraint=False, db_index=False, on_delete=django.db.models.deletion.DO_NOTHING, related_name='+', related_query_name='+', to='accounts.role', verbose_name='role')),
                    ],
                    options={
                        'abstract': False,
                    },
                ),
                migrations.CreateModel(
                    name='SharedCache',
                    fields=[
                        ('cache_key', models.CharField(max_length=255, primary_key=True, serialize=False)),
                        ('value', models.TextField()),
                        ('expires', models.DateTimeField(db_index=True)),
                    ],
                    options={
                        'db_table': 'accounts_shared_cache',
                    },
                ),
            ],
        ),
    ]
