"""Gates, rounds, disinfection, outreach; and their functions of the database."""

import django.db.models.deletion
import pghistory.utils
import pgtrigger.compiler
import pgtrigger.migrations
from django.db import migrations, models

import fangxian.common.fields
import fangxian.common.ids

# Knows a repeat of a record whose place has left the sender's area: it looks everywhere, and says
# only whether a record of just this number and this content is there.
RECORDED = """
CREATE FUNCTION field_duty_recorded(id uuid, body bytea)
RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    lo text := current_setting('fangxian.lo', true);
    hi text := current_setting('fangxian.hi', true);
    known boolean;
BEGIN
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    known := EXISTS (SELECT 1 FROM field_gateentry r WHERE r.op_id = $1 AND r.digest = $2)
        OR EXISTS (SELECT 1 FROM field_roundcheck r WHERE r.op_id = $1 AND r.digest = $2)
        OR EXISTS (SELECT 1 FROM field_disinfection r WHERE r.op_id = $1 AND r.digest = $2)
        OR EXISTS (SELECT 1 FROM field_outreach r WHERE r.op_id = $1 AND r.digest = $2);
    PERFORM set_config('fangxian.lo', coalesce(lo, ''), true),
        set_config('fangxian.hi', coalesce(hi, ''), true);
    RETURN known;
END
$$;
"""
# Also where a gate or a point of a round lies, what code a place has now, and under which
# emergency something is logged there: what is held of it is sealed with that one's key.
PLACES = """
DROP FUNCTION field_places(text[], uuid[]);
CREATE FUNCTION field_places(kinds text[], ids uuid[])
RETURNS TABLE (known_id uuid, code text, emergency uuid) LANGUAGE plpgsql AS $$
DECLARE
    lo text := current_setting('fangxian.lo', true);
    hi text := current_setting('fangxian.hi', true);
BEGIN
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    RETURN QUERY
        SELECT h.id, h.place_code::text, NULL::uuid FROM unnest(kinds, ids) AS asked (kind, id)
        JOIN register_household h ON asked.kind = 'household' AND h.id = asked.id
        UNION ALL
        SELECT r.id, r.place_code::text, NULL::uuid FROM unnest(kinds, ids) AS asked (kind, id)
        JOIN register_residency r ON asked.kind = 'residency' AND r.id = asked.id
        UNION ALL
        SELECT g.id, g.place_code::text, g.emergency_id FROM unnest(kinds, ids) AS asked (kind, id)
        JOIN field_gate g ON asked.kind = 'gate' AND g.id = asked.id
        UNION ALL
        SELECT p.id, p.place_code::text, r.emergency_id FROM unnest(kinds, ids) AS asked (kind, id)
        JOIN field_point p ON asked.kind = 'point' AND p.id = asked.id
        JOIN field_round r ON r.id = p.round_id
        UNION ALL
        SELECT p.id, p.code::text, NULL::uuid FROM unnest(kinds, ids) AS asked (kind, id)
        JOIN regions_region p ON asked.kind = 'place' AND p.id = asked.id;
    PERFORM set_config('fangxian.lo', coalesce(lo, ''), true),
        set_config('fangxian.hi', coalesce(hi, ''), true);
END
$$;
"""
# When an emergency has ended, nothing is left by which a number that was logged could be found or
# guessed. Records are only ever added, so it runs as the schema's owner, who is bound by the
# row-level security of the caller's area like everybody.
FORGET = """
CREATE FUNCTION field_duties_forget(emergency uuid)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    done bigint;
    total bigint;
BEGIN
    IF NOT EXISTS (SELECT 1 FROM core_emergency e WHERE e.id = $1 AND e.ended_on IS NOT NULL) THEN
        RAISE EXCEPTION 'the emergency has not ended: its records are not forgotten';
    END IF;
    UPDATE field_gateentry r SET digest = uuid_send(r.id), plate_index = NULL,
        identity_index = NULL, phone_index = NULL
    WHERE r.emergency_id = $1 AND r.digest <> uuid_send(r.id);
    GET DIAGNOSTICS total = ROW_COUNT;
    UPDATE field_roundcheck r SET digest = uuid_send(r.id)
    WHERE r.emergency_id = $1 AND r.digest <> uuid_send(r.id);
    GET DIAGNOSTICS done = ROW_COUNT;
    total := total + done;
    UPDATE field_disinfection r SET digest = uuid_send(r.id)
    WHERE r.emergency_id = $1 AND r.digest <> uuid_send(r.id);
    GET DIAGNOSTICS done = ROW_COUNT;
    total := total + done;
    UPDATE field_outreach r SET digest = uuid_send(r.id)
    WHERE r.emergency_id = $1 AND r.digest <> uuid_send(r.id);
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN total + done;
END
$$;
"""

# Of who passed a gate outside an emergency nothing is left after the days that the rules give but
# the figures. It runs as the schema's owner like the one above.
LAPSE = """
CREATE FUNCTION field_gate_log_lapse(before timestamptz)
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    done bigint;
BEGIN
    UPDATE field_gateentry r SET digest = uuid_send(r.id), plate_index = NULL,
        identity_index = NULL, phone_index = NULL, temperature = NULL, plate = NULL, who = NULL,
        identity = NULL, phone = NULL, origin = NULL, note = NULL
    WHERE r.emergency_id IS NULL AND r.at < before AND r.digest <> uuid_send(r.id);
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [
        ("core", "0001_squashed_0009_daily_runs"),
        ("field", "0011_sync"),
        ("organisations", "0007_wishes"),
    ]

    operations = [
        migrations.CreateModel(
            name="Point",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=fangxian.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "place_code",
                    fangxian.common.fields.PlaceCodeField(
                        db_collation="C", max_length=20, verbose_name="place"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("token", models.CharField(max_length=20, unique=True, verbose_name="token")),
                ("position", models.PositiveSmallIntegerField(verbose_name="order")),
                ("longitude", models.FloatField(blank=True, null=True, verbose_name="longitude")),
                ("latitude", models.FloatField(blank=True, null=True, verbose_name="latitude")),
                ("removed_on", models.DateField(blank=True, null=True, verbose_name="removed on")),
            ],
            options={
                "verbose_name": "point",
                "verbose_name_plural": "points",
            },
        ),
        migrations.CreateModel(
            name="Gate",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=fangxian.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "place_code",
                    fangxian.common.fields.PlaceCodeField(
                        db_collation="C", max_length=20, verbose_name="place"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("kind", models.SlugField(max_length=40, verbose_name="kind")),
                ("opened_on", models.DateField(verbose_name="opened on")),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="closed on")),
                ("made_by", models.CharField(max_length=80, verbose_name="made by")),
                (
                    "emergency",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.emergency",
                        verbose_name="emergency",
                    ),
                ),
            ],
            options={
                "verbose_name": "gate",
                "verbose_name_plural": "gates",
            },
        ),
        migrations.CreateModel(
            name="GateHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                (
                    "id",
                    models.UUIDField(
                        default=fangxian.common.ids.uuid7, editable=False, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "place_code",
                    fangxian.common.fields.PlaceCodeField(
                        db_collation="C", max_length=20, verbose_name="place"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("kind", models.SlugField(db_index=False, max_length=40, verbose_name="kind")),
                ("opened_on", models.DateField(verbose_name="opened on")),
                ("closed_on", models.DateField(blank=True, null=True, verbose_name="closed on")),
                ("made_by", models.CharField(max_length=80, verbose_name="made by")),
                (
                    "emergency",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="core.emergency",
                        verbose_name="emergency",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="field.gate",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="GateUnit",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=fangxian.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "place_code",
                    fangxian.common.fields.PlaceCodeField(
                        db_collation="C", max_length=20, verbose_name="place"
                    ),
                ),
                (
                    "gate",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE,
                        related_name="gate_units",
                        to="field.gate",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="organisations.organisation",
                    ),
                ),
            ],
        ),
        migrations.AddField(
            model_name="gate",
            name="units",
            field=models.ManyToManyField(
                related_name="+",
                through="field.GateUnit",
                to="organisations.organisation",
                verbose_name="units that staff it",
            ),
        ),
        migrations.CreateModel(
            name="GateUnitHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                (
                    "id",
                    models.UUIDField(
                        default=fangxian.common.ids.uuid7, editable=False, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "place_code",
                    fangxian.common.fields.PlaceCodeField(
                        db_collation="C", max_length=20, verbose_name="place"
                    ),
                ),
                (
                    "gate",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="field.gate",
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="organisations.organisation",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="field.gateunit",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=fangxian.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "place_code",
                    fangxian.common.fields.PlaceCodeField(
                        db_collation="C", max_length=20, verbose_name="place"
                    ),
                ),
                ("text", models.CharField(max_length=150, verbose_name="text")),
                ("kind", models.SlugField(max_length=40, verbose_name="kind")),
                ("from_date", models.DateField(verbose_name="from")),
                ("to_date", models.DateField(verbose_name="until")),
                ("made_by", models.CharField(max_length=80, verbose_name="made by")),
                (
                    "emergency",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.emergency",
                        verbose_name="emergency",
                    ),
                ),
            ],
            options={
                "verbose_name": "message",
                "verbose_name_plural": "messages",
            },
        ),
        migrations.CreateModel(
            name="MessageHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                (
                    "id",
                    models.UUIDField(
                        default=fangxian.common.ids.uuid7, editable=False, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "place_code",
                    fangxian.common.fields.PlaceCodeField(
                        db_collation="C", max_length=20, verbose_name="place"
                    ),
                ),
                ("text", models.CharField(max_length=150, verbose_name="text")),
                ("kind", models.SlugField(db_index=False, max_length=40, verbose_name="kind")),
                ("from_date", models.DateField(verbose_name="from")),
                ("to_date", models.DateField(verbose_name="until")),
                ("made_by", models.CharField(max_length=80, verbose_name="made by")),
                (
                    "emergency",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="core.emergency",
                        verbose_name="emergency",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="field.message",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Outreach",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=fangxian.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "place_code",
                    fangxian.common.fields.PlaceCodeField(
                        db_collation="C", max_length=20, verbose_name="place"
                    ),
                ),
                ("op_id", models.UUIDField(unique=True)),
                ("digest", models.BinaryField()),
                ("at", models.DateTimeField(verbose_name="time")),
                ("emergency_id", models.UUIDField(null=True)),
                ("user_id", models.UUIDField(null=True)),
                ("actor", models.CharField(max_length=80, verbose_name="by")),
                ("source", models.CharField(max_length=80)),
                ("kind", models.SlugField(db_index=False, max_length=40, verbose_name="kind")),
                ("people", models.PositiveIntegerField(default=0, verbose_name="people reached")),
                (
                    "outcome",
                    models.SlugField(db_index=False, max_length=40, verbose_name="outcome"),
                ),
                ("done", models.BooleanField(default=True, verbose_name="done")),
                (
                    "note",
                    fangxian.common.fields.SealedTextField(
                        column="field.outreach.note",
                        editable=True,
                        emergency="emergency_id",
                        null=True,
                        verbose_name="note",
                    ),
                ),
                (
                    "corrects",
                    models.OneToOneField(
                        db_column="corrects_op_id",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="field.outreach",
                        to_field="op_id",
                        verbose_name="corrects",
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="outreach",
                        to="field.message",
                        verbose_name="message",
                    ),
                ),
            ],
            options={
                "verbose_name": "outreach",
                "verbose_name_plural": "outreach",
            },
        ),
        migrations.CreateModel(
            name="Round",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=fangxian.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "place_code",
                    fangxian.common.fields.PlaceCodeField(
                        db_collation="C", max_length=20, verbose_name="place"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("times", models.PositiveSmallIntegerField(verbose_name="times a day")),
                ("first_at", models.TimeField(verbose_name="from")),
                ("last_at", models.TimeField(verbose_name="until")),
                ("started_on", models.DateField(verbose_name="started on")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="ended on")),
                ("made_by", models.CharField(max_length=80, verbose_name="made by")),
                (
                    "emergency",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="core.emergency",
                        verbose_name="emergency",
                    ),
                ),
            ],
            options={
                "verbose_name": "round",
                "verbose_name_plural": "rounds",
            },
        ),
        migrations.CreateModel(
            name="PointHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                (
                    "id",
                    models.UUIDField(
                        default=fangxian.common.ids.uuid7, editable=False, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "place_code",
                    fangxian.common.fields.PlaceCodeField(
                        db_collation="C", max_length=20, verbose_name="place"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("token", models.CharField(max_length=20, verbose_name="token")),
                ("position", models.PositiveSmallIntegerField(verbose_name="order")),
                ("longitude", models.FloatField(blank=True, null=True, verbose_name="longitude")),
                ("latitude", models.FloatField(blank=True, null=True, verbose_name="latitude")),
                ("removed_on", models.DateField(blank=True, null=True, verbose_name="removed on")),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="field.point",
                    ),
                ),
                (
                    "round",
                    models.ForeignKey(
                        db_constraint=False,
                        db_index=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="field.round",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.AddField(
            model_name="point",
            name="round",
            field=models.ForeignKey(
                on_delete=django.db.models.deletion.PROTECT, related_name="points", to="field.round"
            ),
        ),
        migrations.CreateModel(
            name="RoundCheck",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=fangxian.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "place_code",
                    fangxian.common.fields.PlaceCodeField(
                        db_collation="C", max_length=20, verbose_name="place"
                    ),
                ),
                ("op_id", models.UUIDField(unique=True)),
                ("digest", models.BinaryField()),
                ("at", models.DateTimeField(verbose_name="time")),
                ("emergency_id", models.UUIDField(null=True)),
                ("user_id", models.UUIDField(null=True)),
                ("actor", models.CharField(max_length=80, verbose_name="by")),
                ("source", models.CharField(max_length=80)),
                ("found", models.SlugField(db_index=False, max_length=40, verbose_name="found")),
                ("exception", models.BooleanField(default=False, verbose_name="exception")),
                ("scanned", models.BooleanField(default=False, verbose_name="QR read")),
                (
                    "metres",
                    models.PositiveIntegerField(null=True, verbose_name="metres from the point"),
                ),
                (
                    "note",
                    fangxian.common.fields.SealedTextField(
                        column="field.round_check.note",
                        editable=True,
                        emergency="emergency_id",
                        null=True,
                        verbose_name="note",
                    ),
                ),
                (
                    "corrects",
                    models.OneToOneField(
                        db_column="corrects_op_id",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="field.roundcheck",
                        to_field="op_id",
                        verbose_name="corrects",
                    ),
                ),
                (
                    "point",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="checks",
                        to="field.point",
                    ),
                ),
            ],
            options={
                "verbose_name": "check of a point",
                "verbose_name_plural": "checks of points",
            },
        ),
        migrations.CreateModel(
            name="RoundHistory",
            fields=[
                ("pgh_id", models.AutoField(primary_key=True, serialize=False)),
                ("pgh_created_at", models.DateTimeField(auto_now_add=True)),
                ("pgh_label", models.TextField(help_text="The event label.")),
                ("pgh_context", pghistory.utils.JSONField(null=True)),
                (
                    "id",
                    models.UUIDField(
                        default=fangxian.common.ids.uuid7, editable=False, serialize=False
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "place_code",
                    fangxian.common.fields.PlaceCodeField(
                        db_collation="C", max_length=20, verbose_name="place"
                    ),
                ),
                ("name", models.CharField(max_length=60, verbose_name="name")),
                ("times", models.PositiveSmallIntegerField(verbose_name="times a day")),
                ("first_at", models.TimeField(verbose_name="from")),
                ("last_at", models.TimeField(verbose_name="until")),
                ("started_on", models.DateField(verbose_name="started on")),
                ("ended_on", models.DateField(blank=True, null=True, verbose_name="ended on")),
                ("made_by", models.CharField(max_length=80, verbose_name="made by")),
                (
                    "emergency",
                    models.ForeignKey(
                        blank=True,
                        db_constraint=False,
                        db_index=False,
                        null=True,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="+",
                        related_query_name="+",
                        to="core.emergency",
                        verbose_name="emergency",
                    ),
                ),
                (
                    "pgh_obj",
                    models.ForeignKey(
                        db_constraint=False,
                        on_delete=django.db.models.deletion.DO_NOTHING,
                        related_name="events",
                        to="field.round",
                    ),
                ),
            ],
            options={
                "abstract": False,
            },
        ),
        migrations.CreateModel(
            name="Disinfection",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=fangxian.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "place_code",
                    fangxian.common.fields.PlaceCodeField(
                        db_collation="C", max_length=20, verbose_name="place"
                    ),
                ),
                ("op_id", models.UUIDField(unique=True)),
                ("digest", models.BinaryField()),
                ("at", models.DateTimeField(verbose_name="time")),
                ("emergency_id", models.UUIDField(null=True)),
                ("user_id", models.UUIDField(null=True)),
                ("actor", models.CharField(max_length=80, verbose_name="by")),
                ("source", models.CharField(max_length=80)),
                ("site", models.SlugField(db_index=False, max_length=40, verbose_name="what")),
                ("agent", models.SlugField(db_index=False, max_length=40, verbose_name="agent")),
                ("concentration", models.PositiveIntegerField(verbose_name="mg/L")),
                ("minutes", models.PositiveSmallIntegerField(verbose_name="minutes")),
                ("area", models.PositiveIntegerField(null=True, verbose_name="square metres")),
                (
                    "operator",
                    fangxian.common.fields.SealedTextField(
                        column="field.disinfection.operator",
                        editable=True,
                        emergency="emergency_id",
                        null=True,
                        verbose_name="done by",
                    ),
                ),
                (
                    "note",
                    fangxian.common.fields.SealedTextField(
                        column="field.disinfection.note",
                        editable=True,
                        emergency="emergency_id",
                        null=True,
                        verbose_name="note",
                    ),
                ),
                (
                    "corrects",
                    models.OneToOneField(
                        db_column="corrects_op_id",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="field.disinfection",
                        to_field="op_id",
                        verbose_name="corrects",
                    ),
                ),
            ],
            options={
                "verbose_name": "disinfection",
                "verbose_name_plural": "disinfections",
                "indexes": [
                    models.Index(fields=["place_code", "at"], name="disinfection_place"),
                    models.Index(fields=["emergency_id"], name="disinfection_emergency"),
                ],
            },
        ),
        migrations.CreateModel(
            name="GateEntry",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=fangxian.common.ids.uuid7,
                        editable=False,
                        primary_key=True,
                        serialize=False,
                    ),
                ),
                ("created_at", models.DateTimeField(auto_now_add=True, verbose_name="created")),
                (
                    "place_code",
                    fangxian.common.fields.PlaceCodeField(
                        db_collation="C", max_length=20, verbose_name="place"
                    ),
                ),
                ("op_id", models.UUIDField(unique=True)),
                ("digest", models.BinaryField()),
                ("at", models.DateTimeField(verbose_name="time")),
                ("emergency_id", models.UUIDField(null=True)),
                ("user_id", models.UUIDField(null=True)),
                ("actor", models.CharField(max_length=80, verbose_name="by")),
                ("source", models.CharField(max_length=80)),
                (
                    "direction",
                    models.CharField(
                        choices=[("in", "in"), ("out", "out")],
                        max_length=3,
                        verbose_name="direction",
                    ),
                ),
                ("people", models.PositiveSmallIntegerField(default=1, verbose_name="people")),
                (
                    "decision",
                    models.SlugField(db_index=False, max_length=40, verbose_name="decision"),
                ),
                ("fever", models.BooleanField(default=False, verbose_name="fever")),
                (
                    "temperature",
                    fangxian.common.fields.SealedTextField(
                        column="field.gate_entry.temperature",
                        editable=True,
                        emergency="emergency_id",
                        null=True,
                        verbose_name="temperature",
                    ),
                ),
                (
                    "plate",
                    fangxian.common.fields.SealedTextField(
                        column="field.gate_entry.plate",
                        editable=True,
                        emergency="emergency_id",
                        null=True,
                        verbose_name="plate",
                    ),
                ),
                (
                    "plate_index",
                    fangxian.common.fields.BlindIndexField(
                        column="field.gate_entry.plate", null=True, source="plate"
                    ),
                ),
                (
                    "who",
                    fangxian.common.fields.SealedTextField(
                        column="field.gate_entry.who",
                        editable=True,
                        emergency="emergency_id",
                        null=True,
                        verbose_name="name",
                    ),
                ),
                (
                    "identity",
                    fangxian.common.fields.SealedTextField(
                        column="field.gate_entry.identity",
                        editable=True,
                        emergency="emergency_id",
                        null=True,
                        verbose_name="identity number",
                    ),
                ),
                (
                    "identity_index",
                    fangxian.common.fields.BlindIndexField(
                        column="field.gate_entry.identity", null=True, source="identity"
                    ),
                ),
                (
                    "phone",
                    fangxian.common.fields.SealedTextField(
                        column="field.gate_entry.phone",
                        editable=True,
                        emergency="emergency_id",
                        null=True,
                        verbose_name="phone",
                    ),
                ),
                (
                    "phone_index",
                    fangxian.common.fields.BlindIndexField(
                        column="field.gate_entry.phone", null=True, source="phone"
                    ),
                ),
                (
                    "origin",
                    fangxian.common.fields.SealedTextField(
                        column="field.gate_entry.origin",
                        editable=True,
                        emergency="emergency_id",
                        null=True,
                        verbose_name="coming from",
                    ),
                ),
                (
                    "note",
                    fangxian.common.fields.SealedTextField(
                        column="field.gate_entry.note",
                        editable=True,
                        emergency="emergency_id",
                        null=True,
                        verbose_name="note",
                    ),
                ),
                (
                    "corrects",
                    models.OneToOneField(
                        db_column="corrects_op_id",
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="corrected_by",
                        to="field.gateentry",
                        to_field="op_id",
                        verbose_name="corrects",
                    ),
                ),
                (
                    "gate",
                    models.ForeignKey(
                        db_index=False,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="entries",
                        to="field.gate",
                    ),
                ),
            ],
            options={
                "verbose_name": "gate entry",
                "verbose_name_plural": "gate entries",
                "indexes": [
                    models.Index(fields=["gate", "at"], name="gate_entry_gate"),
                    models.Index(fields=["place_code", "at"], name="gate_entry_place"),
                    models.Index(fields=["emergency_id"], name="gate_entry_emergency"),
                    models.Index(
                        condition=models.Q(("plate_index__isnull", False)),
                        fields=["plate_index"],
                        name="gate_entry_plate",
                    ),
                    models.Index(
                        condition=models.Q(("identity_index__isnull", False)),
                        fields=["identity_index"],
                        name="gate_entry_identity",
                    ),
                    models.Index(
                        condition=models.Q(("phone_index__isnull", False)),
                        fields=["phone_index"],
                        name="gate_entry_phone",
                    ),
                ],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("people__gte", 1)), name="gate_entry_people"
                    )
                ],
            },
        ),
        migrations.AddConstraint(
            model_name="gateunit",
            constraint=models.UniqueConstraint(
                fields=("gate", "organisation"), name="gate_unit_once"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="gateunit",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_gateunithistory" ("created_at", "gate_id", "id", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code") SELECT new_values."created_at", new_values."gate_id", new_values."id", new_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="638cbd9b88e8bba2b1c023d5499b39b0a401924f",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_a8167",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="field_gateunit",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="gateunit",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_gateunithistory" ("created_at", "gate_id", "id", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code") SELECT new_values."created_at", new_values."gate_id", new_values."id", new_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="80ab64809e7d9b70c7179bccd30b8f214f7d4e73",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_290ee",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="field_gateunit",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="gateunit",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_gateunithistory" ("created_at", "gate_id", "id", "organisation_id", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code") SELECT old_values."created_at", old_values."gate_id", old_values."id", old_values."organisation_id", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="579e385c59efcc414115d64f82bd0a987bc0e5d7",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_5e0c2",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="field_gateunit",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="gate",
            constraint=models.UniqueConstraint(
                condition=models.Q(("closed_on", None)),
                fields=("place_code", "name"),
                name="gate_name_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="gate",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("closed_on", None), ("closed_on__gte", models.F("opened_on")), _connector="OR"
                ),
                name="gate_dates",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="gate",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_gatehistory" ("closed_on", "created_at", "emergency_id", "id", "kind", "made_by", "name", "opened_on", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code") SELECT new_values."closed_on", new_values."created_at", new_values."emergency_id", new_values."id", new_values."kind", new_values."made_by", new_values."name", new_values."opened_on", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="73029f1ff70682627d854d17a0e507fa1e408770",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_5c095",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="field_gate",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="gate",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_gatehistory" ("closed_on", "created_at", "emergency_id", "id", "kind", "made_by", "name", "opened_on", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code") SELECT new_values."closed_on", new_values."created_at", new_values."emergency_id", new_values."id", new_values."kind", new_values."made_by", new_values."name", new_values."opened_on", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="cac9925ef20e799e5e74dd24d25c951c43a6fa99",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_51caa",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="field_gate",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="gate",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_gatehistory" ("closed_on", "created_at", "emergency_id", "id", "kind", "made_by", "name", "opened_on", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code") SELECT old_values."closed_on", old_values."created_at", old_values."emergency_id", old_values."id", old_values."kind", old_values."made_by", old_values."name", old_values."opened_on", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="50bae404238f97620c415cf49a7552a214a52062",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_c8d93",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="field_gate",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["place_code", "to_date"], name="message_place"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(("to_date__gte", models.F("from_date"))), name="message_dates"
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="message",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_messagehistory" ("created_at", "emergency_id", "from_date", "id", "kind", "made_by", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "text", "to_date") SELECT new_values."created_at", new_values."emergency_id", new_values."from_date", new_values."id", new_values."kind", new_values."made_by", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."text", new_values."to_date" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="fcb1ce30dbd698806539f32fed5d3403c54dc8b5",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_7b2c7",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="field_message",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="message",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_messagehistory" ("created_at", "emergency_id", "from_date", "id", "kind", "made_by", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "text", "to_date") SELECT new_values."created_at", new_values."emergency_id", new_values."from_date", new_values."id", new_values."kind", new_values."made_by", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."text", new_values."to_date" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="a27add9e1bf3c49a2bd78bf45733af14b3dfe3e4",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_af7d6",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="field_message",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="message",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_messagehistory" ("created_at", "emergency_id", "from_date", "id", "kind", "made_by", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "text", "to_date") SELECT old_values."created_at", old_values."emergency_id", old_values."from_date", old_values."id", old_values."kind", old_values."made_by", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."text", old_values."to_date" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="934643950165039f2d9de3030b731cae485ca258",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_3f1e2",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="field_message",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="outreach",
            index=models.Index(fields=["place_code", "at"], name="outreach_place"),
        ),
        migrations.AddIndex(
            model_name="outreach",
            index=models.Index(fields=["emergency_id"], name="outreach_emergency"),
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.UniqueConstraint(
                condition=models.Q(("ended_on", None)),
                fields=("place_code", "name"),
                name="round_name_once",
            ),
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.CheckConstraint(
                condition=models.Q(("times__gte", 1), ("times__lte", 24)), name="round_times"
            ),
        ),
        migrations.AddConstraint(
            model_name="round",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    ("ended_on", None), ("ended_on__gte", models.F("started_on")), _connector="OR"
                ),
                name="round_dates",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="round",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_roundhistory" ("created_at", "emergency_id", "ended_on", "first_at", "id", "last_at", "made_by", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "started_on", "times") SELECT new_values."created_at", new_values."emergency_id", new_values."ended_on", new_values."first_at", new_values."id", new_values."last_at", new_values."made_by", new_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."started_on", new_values."times" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="3a686307a1940bb469b5905db021a4ec260a5487",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_bc3af",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="field_round",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="round",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_roundhistory" ("created_at", "emergency_id", "ended_on", "first_at", "id", "last_at", "made_by", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "started_on", "times") SELECT new_values."created_at", new_values."emergency_id", new_values."ended_on", new_values."first_at", new_values."id", new_values."last_at", new_values."made_by", new_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."started_on", new_values."times" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="54028ad39c3eb63139df96faa2179af4a6e9b559",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_672c6",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="field_round",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="round",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_roundhistory" ("created_at", "emergency_id", "ended_on", "first_at", "id", "last_at", "made_by", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "started_on", "times") SELECT old_values."created_at", old_values."emergency_id", old_values."ended_on", old_values."first_at", old_values."id", old_values."last_at", old_values."made_by", old_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."started_on", old_values."times" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="37a2211434c229f4ab3e796ff4a315e781fae3fb",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_78957",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="field_round",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddConstraint(
            model_name="point",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("latitude", None), ("longitude", None)),
                    models.Q(
                        ("latitude__gte", -90),
                        ("latitude__lte", 90),
                        ("longitude__gte", -180),
                        ("longitude__lte", 180),
                    ),
                    _connector="OR",
                ),
                name="point_position",
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="point",
            trigger=pgtrigger.compiler.Trigger(
                name="insert_insert",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_pointhistory" ("created_at", "id", "latitude", "longitude", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "position", "removed_on", "round_id", "token") SELECT new_values."created_at", new_values."id", new_values."latitude", new_values."longitude", new_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'insert\', new_values."id", new_values."place_code", new_values."position", new_values."removed_on", new_values."round_id", new_values."token" FROM ( SELECT new_values.* FROM new_values  ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="fc2cfa44df37b34fc9087a72d4e55c93505ea813",
                    level="STATEMENT",
                    operation="INSERT",
                    pgid="pgtrigger_insert_insert_4ca82",
                    referencing="REFERENCING NEW TABLE AS new_values ",
                    table="field_point",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="point",
            trigger=pgtrigger.compiler.Trigger(
                name="update_update",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_pointhistory" ("created_at", "id", "latitude", "longitude", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "position", "removed_on", "round_id", "token") SELECT new_values."created_at", new_values."id", new_values."latitude", new_values."longitude", new_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'update\', new_values."id", new_values."place_code", new_values."position", new_values."removed_on", new_values."round_id", new_values."token" FROM ( SELECT new_values.* FROM old_values JOIN new_values ON (old_values."id") = (new_values."id") WHERE (old_values.* IS DISTINCT FROM new_values.*) ) AS new_values, _pgh_attached_context; RETURN NULL;',
                    hash="e08d463586278ebd064d1d827b8874ee90848839",
                    level="STATEMENT",
                    operation="UPDATE",
                    pgid="pgtrigger_update_update_f3481",
                    referencing="REFERENCING OLD TABLE AS old_values  NEW TABLE AS new_values ",
                    table="field_point",
                    when="AFTER",
                ),
            ),
        ),
        pgtrigger.migrations.AddTrigger(
            model_name="point",
            trigger=pgtrigger.compiler.Trigger(
                name="delete_delete",
                sql=pgtrigger.compiler.UpsertTriggerSql(
                    func='WITH _pgh_attached_context AS ( SELECT _pgh_attach_context() AS value ) INSERT INTO "field_pointhistory" ("created_at", "id", "latitude", "longitude", "name", "pgh_context", "pgh_created_at", "pgh_label", "pgh_obj_id", "place_code", "position", "removed_on", "round_id", "token") SELECT old_values."created_at", old_values."id", old_values."latitude", old_values."longitude", old_values."name", (SELECT COALESCE(NULLIF(CURRENT_SETTING(\'pghistory.context_metadata\', TRUE), \'\'), NULL)::JSONB), NOW(), \'delete\', old_values."id", old_values."place_code", old_values."position", old_values."removed_on", old_values."round_id", old_values."token" FROM ( SELECT old_values.* FROM old_values  ) AS old_values, _pgh_attached_context; RETURN NULL;',
                    hash="0d0745c602e2f95084169f7d2edb210f5848f461",
                    level="STATEMENT",
                    operation="DELETE",
                    pgid="pgtrigger_delete_delete_ff47d",
                    referencing="REFERENCING OLD TABLE AS old_values ",
                    table="field_point",
                    when="AFTER",
                ),
            ),
        ),
        migrations.AddIndex(
            model_name="roundcheck",
            index=models.Index(fields=["point", "at"], name="round_check_point"),
        ),
        migrations.AddIndex(
            model_name="roundcheck",
            index=models.Index(fields=["place_code", "at"], name="round_check_place"),
        ),
        migrations.AddIndex(
            model_name="roundcheck",
            index=models.Index(fields=["emergency_id"], name="round_check_emergency"),
        ),
        migrations.RunSQL(RECORDED, "DROP FUNCTION field_duty_recorded(uuid, bytea)"),
        # Taken back with the tables it reads, by the migration that made it.
        migrations.RunSQL(PLACES, migrations.RunSQL.noop),
        migrations.RunSQL(FORGET, "DROP FUNCTION field_duties_forget(uuid)"),
        migrations.RunSQL(LAPSE, "DROP FUNCTION field_gate_log_lapse(timestamptz)"),
    ]
