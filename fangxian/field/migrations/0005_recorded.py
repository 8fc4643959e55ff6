"""The function that knows a repeat of a visit whose door has left the sender's area."""

from django.db import migrations

# It looks everywhere, and says only whether a visit of just this number and this content is there:
# who asks has sent that content.
RECORDED = """
CREATE FUNCTION field_recorded(ids uuid[], digests bytea[])
RETURNS TABLE (known_id uuid, known_digest bytea) LANGUAGE plpgsql AS $$
DECLARE
    lo text := current_setting('fangxian.lo', true);
    hi text := current_setting('fangxian.hi', true);
BEGIN
    PERFORM set_config('fangxian.lo', '0', true), set_config('fangxian.hi', ':', true);
    RETURN QUERY
        SELECT v.op_id, v.digest FROM unnest(ids, digests) AS sent (op_id, digest)
        JOIN field_visit v ON v.op_id = sent.op_id AND v.digest = sent.digest;
    PERFORM set_config('fangxian.lo', lo, true), set_config('fangxian.hi', hi, true);
END
$$;
"""


class Migration(migrations.Migration):
    dependencies = [("field", "0004_spans")]
    operations = [migrations.RunSQL(RECORDED, "DROP FUNCTION field_recorded(uuid[], bytea[])")]
