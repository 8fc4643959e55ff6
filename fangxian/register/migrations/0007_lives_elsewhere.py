"""Taking a move back heeds homes and key groups that lie outside the area of who does it."""

from django.db import migrations

# Both work for a residency in the caller's own area that has ended by a move, and for no other
# person or time. They run as the schema's owner, who is bound by row-level security too, with the
# range of the whole country while they look; an error takes the range back.

# The day alone: neither where, nor how many, nor whether it still holds.
ELSEWHERE = """
CREATE FUNCTION register_lives_elsewhere(residency uuid) RETURNS date
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
    who uuid;
    last date;
    since date;
BEGIN
    SELECT person_id, to_date INTO who, last FROM register_residency
    WHERE id = residency AND ended = 'moved' AND place_code >= lo AND place_code < hi;
    IF who IS NULL THEN
        RETURN NULL;
    END IF;
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    SELECT min(from_date) INTO since FROM register_residency
    WHERE person_id = who AND from_date >= last AND kind <> 'separated'
      AND (to_date IS NULL OR ended = 'moved') AND (place_code < lo OR place_code >= hi);
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
    RETURN since;
END
$$;
"""

# Entries that the caller's area has known; what was first recorded elsewhere stays untold. A state
# begins with the row of history that has it while the one before has not.
GROUPS = """
CREATE FUNCTION register_groups_go_on(residency uuid) RETURNS void
LANGUAGE plpgsql SECURITY DEFINER SET search_path = pg_catalog, public, pg_temp AS $$
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
    who uuid;
    place text;
    moved timestamptz;
    ends timestamptz[];
    known uuid[];
BEGIN
    SELECT person_id, place_code INTO who, place FROM register_residency
    WHERE id = residency AND ended = 'moved' AND place_code >= lo AND place_code < hi;
    IF who IS NULL OR register_lives_elsewhere(residency) IS NOT NULL THEN
        RETURN;
    END IF;
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    SELECT array_agg(e.id) INTO known FROM register_keygroupentry e
    WHERE e.person_id = who AND NOT e.ended_by_death
      AND (e.place_code >= lo AND e.place_code < hi
           OR EXISTS (SELECT 1 FROM register_keygroupentryhistory h
                      WHERE h.pgh_obj_id = e.id AND h.place_code >= lo AND h.place_code < hi));
    WITH told AS (
        SELECT r.id, h.pgh_id, h.pgh_created_at AS at, h.ended = r.ended AS holds,
               lag(h.ended = r.ended) OVER (PARTITION BY r.id ORDER BY h.pgh_id) AS held
        FROM register_residency r JOIN register_residencyhistory h ON h.pgh_obj_id = r.id
        WHERE r.person_id = who AND (r.id = residency OR r.ended = 'mistake')
    ), ended AS (
        SELECT DISTINCT ON (id) id, at FROM told WHERE holds AND held IS NOT TRUE
        ORDER BY id, pgh_id DESC
    )
    SELECT move.at, array_agg(other.at) INTO moved, ends
    FROM ended move JOIN ended other ON other.at >= move.at
    WHERE move.id = residency GROUP BY move.at;

    WITH told AS (
        SELECT e.id, h.pgh_id, h.pgh_created_at AS at,
               h.to_date IS NOT DISTINCT FROM e.to_date AS holds,
               lag(h.to_date IS NOT DISTINCT FROM e.to_date)
                   OVER (PARTITION BY e.id ORDER BY h.pgh_id) AS held
        FROM register_keygroupentry e JOIN register_keygroupentryhistory h ON h.pgh_obj_id = e.id
        WHERE e.id = ANY (known) AND e.to_date IS NOT NULL
    ), ended AS (
        SELECT DISTINCT ON (id) id, at FROM told WHERE holds AND held IS NOT TRUE
        ORDER BY id, pgh_id DESC
    ), again AS (
        SELECT DISTINCT ON (e."group") e.id
        FROM register_keygroupentry e JOIN ended USING (id)
        WHERE ended.at = ANY (ends) AND NOT EXISTS (
            SELECT 1 FROM register_keygroupentry still
            WHERE still.person_id = who AND still."group" = e."group" AND still.to_date IS NULL)
        ORDER BY e."group", e.from_date, e.id
    ), taken AS (
        SELECT e.id
        FROM register_keygroupentry e JOIN register_keygroupentryhistory h ON h.pgh_obj_id = e.id
        WHERE e.id = ANY (known) AND e.to_date IS NULL
          AND h.pgh_created_at = moved AND h.pgh_label = 'update' AND h.to_date IS NULL
    )
    UPDATE register_keygroupentry SET to_date = NULL, place_code = place
    WHERE id IN (SELECT id FROM again UNION SELECT id FROM taken);
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""


class Migration(migrations.Migration):

    dependencies = [
        ('register', '0001_squashed_0006_by_door'),
    ]

    operations = [
        migrations.RunSQL(ELSEWHERE, 'DROP FUNCTION register_lives_elsewhere(uuid)'),
        migrations.RunSQL(GROUPS, 'DROP FUNCTION register_groups_go_on(uuid)'),
    ]
