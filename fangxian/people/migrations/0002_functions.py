"""Functions of the database: tokens of a name, and the match of documents across places."""

from django.db import migrations

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
        CONTINUE WHEN place.low IS NULL;
        INSERT INTO people_mergecandidate AS known
            (id, created_at, place_code, first_id, second_id, reason, state)
        SELECT gen_random_uuid(), clock_timestamp(), coalesce((
            -- The longest code that begins both the least and the greatest contains all.
            SELECT left(place.low, size)
            FROM unnest(ARRAY[20, 18, 15, 12, 9, 6, 4, 2]) size
            WHERE length(place.low) >= size AND left(place.low, size) = left(place.high, size)
            ORDER BY size DESC LIMIT 1), ''), pair.a, pair.b, why, 'open'
        ON CONFLICT (first_id, second_id) DO UPDATE SET place_code = excluded.place_code
        RETURNING known.id INTO entry;
        RETURN NEXT entry;
    END LOOP;
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [
        migrations.RunSQL(TOKENS, "DROP FUNCTION people_tokens(text, text)"),
        migrations.RunSQL(MATCH, "DROP FUNCTION people_match(uuid[], text[], bytea[], uuid[], text)"),
    ]
