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
CREATE FUNCTION people_match(persons uuid[], others uuid[], why text)
RETURNS SETOF uuid
LANGUAGE plpgsql SECURITY DEFINER
SET search_path = pg_catalog, public, pg_temp
AS $$
DECLARE
    lo text := coalesce(current_setting('fangxian.lo', true), '');
    hi text := coalesce(current_setting('fangxian.hi', true), '');
BEGIN
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    RETURN QUERY
    WITH pairs AS (
        -- With `others` the pairs are given, else they are found by an equal document.
        SELECT least(a, b) AS a, greatest(a, b) AS b
        FROM unnest(persons, others) AS given(a, b)
        WHERE others IS NOT NULL AND a <> b
        UNION
        SELECT least(mine.person_id, theirs.person_id), greatest(mine.person_id, theirs.person_id)
        FROM people_persondocument mine
        JOIN people_persondocument theirs
          ON theirs.number_index = mine.number_index AND theirs.kind = mine.kind
         AND theirs.person_id <> mine.person_id
        WHERE others IS NULL AND mine.person_id = ANY (persons)
    ), whole AS (
        SELECT pairs.a, pairs.b, min(link.place_code) AS low, max(link.place_code) AS high
        FROM pairs
        JOIN people_person first ON first.id = pairs.a AND first.merged_into_id IS NULL
        JOIN people_person second ON second.id = pairs.b AND second.merged_into_id IS NULL
        JOIN people_personlink link ON link.person_id IN (pairs.a, pairs.b)
        GROUP BY pairs.a, pairs.b
    ), placed AS (
        -- The longest code that begins both the least and the greatest contains all.
        SELECT a, b, coalesce((
            SELECT left(low, size) FROM unnest(ARRAY[20, 18, 15, 12, 9, 6, 4, 2]) size
            WHERE length(low) >= size AND left(low, size) = left(high, size) ORDER BY size DESC LIMIT 1
        ), '') AS code
        FROM whole
    )
    INSERT INTO people_mergecandidate AS known
        (id, created_at, place_code, first_id, second_id, reason, state)
    SELECT gen_random_uuid(), clock_timestamp(), placed.code, placed.a, placed.b, why, 'open'
    FROM placed
    ON CONFLICT (first_id, second_id) DO UPDATE SET place_code = excluded.place_code
    RETURNING known.id;
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("people", "0001_initial")]
    operations = [
        migrations.RunSQL(TOKENS, "DROP FUNCTION people_tokens(text, text)"),
        migrations.RunSQL(MATCH, "DROP FUNCTION people_match(uuid[], uuid[], text)"),
    ]
