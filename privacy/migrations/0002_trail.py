"""The trail's triggers: each event is chained to the one before it, and none is ever changed or taken out."""

from django.db import migrations

CHAIN = """
CREATE FUNCTION privacy_chain_event() RETURNS trigger LANGUAGE plpgsql AS $$
DECLARE
    head record;
    part text;
    written text := '';
BEGIN
    -- one writer at a time, until it commits: positions have no gap and each hash follows the one before it
    PERFORM pg_advisory_xact_lock(x'747261696c'::bigint);
    SELECT position, hash INTO head FROM privacy_accessevent ORDER BY position DESC LIMIT 1;
    NEW.position := coalesce(head.position, 0) + 1;
    NEW.at := clock_timestamp();
    NEW.previous := coalesce(head.hash, repeat('0', 64));
    -- each part with its length, or two different events could be written alike
    FOREACH part IN ARRAY ARRAY[
        NEW.position::text, to_char(NEW.at AT TIME ZONE 'UTC', 'YYYY-MM-DD"T"HH24:MI:SS.US'), NEW.actor_kind, NEW.actor,
        NEW.subject, NEW.action, NEW.what, NEW.through, NEW.why, NEW.reference, NEW.previous
    ] LOOP
        written := written || octet_length(part) || ':' || part;
    END LOOP;
    NEW.hash := encode(sha256(convert_to(written, 'UTF8')), 'hex');
    RETURN NEW;
END $$;
CREATE TRIGGER chain BEFORE INSERT ON privacy_accessevent FOR EACH ROW EXECUTE FUNCTION privacy_chain_event();

CREATE FUNCTION privacy_refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'the access trail is append-only' USING ERRCODE = 'insufficient_privilege';
END $$;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON privacy_accessevent
    FOR EACH ROW EXECUTE FUNCTION privacy_refuse_change();
CREATE TRIGGER never_emptied BEFORE TRUNCATE ON privacy_accessevent
    FOR EACH STATEMENT EXECUTE FUNCTION privacy_refuse_change();
"""

UNCHAIN = """
DROP TRIGGER never_emptied ON privacy_accessevent;
DROP TRIGGER append_only ON privacy_accessevent;
DROP TRIGGER chain ON privacy_accessevent;
DROP FUNCTION privacy_refuse_change();
DROP FUNCTION privacy_chain_event();
"""


class Migration(migrations.Migration):
    dependencies = [("privacy", "0001_initial")]
    operations = [migrations.RunSQL(CHAIN, UNCHAIN)]
