"""The function that rewrites the codes of places that have moved.

It runs as the owner, because rows of append-only tables follow too; the owner is bound by the
row-level security of the caller's area like everybody. It refuses codes of places that have not
moved.
"""

from django.db import migrations

CREATE = """
CREATE FUNCTION fangxian_move_codes(moved text, code_column text, olds text[], news text[])
RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    done bigint;
BEGIN
    IF EXISTS (
        SELECT 1 FROM unnest(olds, news) AS pair(o, n)
        WHERE NOT EXISTS (
            SELECT 1 FROM regions_regioncode former
            JOIN regions_region place ON place.id = former.region_id
            WHERE former.code = pair.o AND place.code = pair.n
        )
    ) THEN
        RAISE EXCEPTION 'fangxian_move_codes: a place has not moved that way';
    END IF;
    EXECUTE format(
        'UPDATE %I SET %I = pair.n FROM unnest($1, $2) AS pair(o, n) WHERE %I.%I = pair.o',
        moved, code_column, moved, code_column
    ) USING olds, news;
    GET DIAGNOSTICS done = ROW_COUNT;
    RETURN done;
END
$$;
"""


class Migration(migrations.Migration):

    dependencies = [("regions", "0001_initial")]

    operations = [
        migrations.RunSQL(
            CREATE, "DROP FUNCTION fangxian_move_codes(text, text, text[], text[])"
        )
    ]
