-- The role that the service connects as: it may use every table, and of the access trail only add and read.
-- Run as the owner of the tables after every `manage.py migrate`; running it again changes nothing. Give the role a
-- login of its own: ALTER ROLE postcast_service LOGIN PASSWORD '...', and let DATABASE_URL use that.
DO $$
BEGIN
    IF NOT EXISTS (SELECT FROM pg_roles WHERE rolname = 'postcast_service') THEN
        CREATE ROLE postcast_service NOLOGIN;
    END IF;
END $$;
GRANT USAGE ON SCHEMA public TO postcast_service;
GRANT SELECT, INSERT, UPDATE, DELETE ON ALL TABLES IN SCHEMA public TO postcast_service;
GRANT USAGE, SELECT ON ALL SEQUENCES IN SCHEMA public TO postcast_service;
REVOKE UPDATE, DELETE, TRUNCATE ON privacy_accessevent FROM postcast_service;
