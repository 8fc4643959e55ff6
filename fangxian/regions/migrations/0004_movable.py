"""Only codes of places can be rewritten: the function names the columns that it may touch.

The columns are those that the models declare (``scoping.moving_tables()``); they are written into
``fangxian_movable`` after each migration, by the owner. The application can't change it.
"""

from django.db import migrations, models
from django.db.models import Q

MOVABLE = """
CREATE OR REPLACE FUNCTION fangxian_movable(moved text, code_column text)
RETURNS boolean LANGUAGE sql IMMUTABLE SET search_path = pg_catalog AS 'SELECT false'
"""
CHECKED = """
CREATE OR REPLACE FUNCTION fangxian_move_codes(
    moved text, code_column text, olds text[], news text[]
) RETURNS bigint LANGUAGE plpgsql SECURITY DEFINER SET search_path = public, pg_temp AS $$
DECLARE
    done bigint;
BEGIN
    IF NOT fangxian_movable(moved, code_column) THEN
        RAISE EXCEPTION 'fangxian_move_codes: %.% holds no codes that move', moved, code_column;
    END IF;
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

    dependencies = [("regions", "0003_lean_history")]

    operations = [
        migrations.RunSQL(MOVABLE + ";" + CHECKED, migrations.RunSQL.noop),
        migrations.AddConstraint(
            model_name="regioncode",
            constraint=models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9]+$"), name="former_code_is_digits"
            ),
        ),
        migrations.AddConstraint(
            model_name="region",
            constraint=models.CheckConstraint(
                condition=Q(code__regex=r"^[0-9x][0-9]*$"), name="code_is_digits"
            ),
        ),
    ]
