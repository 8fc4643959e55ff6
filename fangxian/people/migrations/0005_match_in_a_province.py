"""A pair lies at the lowest place that contains both; nothing contains two provinces."""

from django.db import migrations

# As in 0002, where the reasons stand; but a pair across provinces is left out, where it was
# refused by row-level security (no place has the code "") and the new record with it.
MATCH = """
CREATE OR REPLACE FUNCTION people_match(
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


class Migration(migrations.Migration):
    dependencies = [("people", "0004_tokens_everywhere")]
    operations = [migrations.RunSQL(MATCH, migrations.RunSQL.noop)]
