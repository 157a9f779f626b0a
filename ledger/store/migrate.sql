-- Statements of the migration runner.

-- take_turn --
SELECT 1 FROM pg_advisory_xact_lock(%(lock)s)

-- lock_timeout --
SELECT set_config('lock_timeout', '10s', true)

-- schema_exists --
SELECT 1 FROM pg_namespace WHERE nspname = %(schema)s

-- create_schema --
CREATE SCHEMA {schema}

-- use_schema --
SET LOCAL search_path = {schema}

-- create_versions --
CREATE TABLE IF NOT EXISTS schema_version (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
)

-- grant_versions --
GRANT SELECT ON schema_version TO izin_app

-- versions --
SELECT number FROM schema_version

-- note --
INSERT INTO schema_version (number, name) VALUES (%(number)s, %(name)s)

-- grant_schema --
GRANT USAGE ON SCHEMA {schema} TO izin_app

-- provider_codes --
SELECT iys_code FROM izin.providers ORDER BY iys_code
