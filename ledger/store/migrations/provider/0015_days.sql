-- The days of each brand as İYS files them: what came of comparing, and İYS's files themselves.

-- How far each day is. Nothing here decides anything: it is made again by comparing again.
CREATE TABLE iys_days (
    brand_code  bigint NOT NULL,
    day         date NOT NULL,
    state       text NOT NULL CHECK (state IN ('equal', 'explained', 'open', 'waiting')),
    checked_at  timestamptz NOT NULL,
    reason      text,
    rows_here   bigint NOT NULL DEFAULT 0,
    rows_there  bigint NOT NULL DEFAULT 0,
    erased      bigint NOT NULL DEFAULT 0,
    sha384_here text,
    file_sha384 text,
    hash_value  text,
    agreed      boolean NOT NULL DEFAULT false,
    stamp       text,
    stamped_at  timestamptz,
    differences jsonb NOT NULL DEFAULT '{}',
    open_rows   bigint NOT NULL DEFAULT 0,
    listed      bytea,
    wrapped_key bytea,
    kek_epoch   integer,
    PRIMARY KEY (brand_code, day)
);

COMMENT ON COLUMN iys_days.reason IS 'what is waited for';
COMMENT ON COLUMN iys_days.hash_value IS 'as İYS states it';
COMMENT ON COLUMN iys_days.listed IS 'the first differences line by line, sealed: they name people';

-- İYS's files, written once: whatever else İYS may say of that day later stands beside them.
CREATE TABLE iys_day_files (
    brand_code  bigint NOT NULL,
    day         date NOT NULL,
    sha384      bytea NOT NULL CHECK (octet_length(sha384) = 48),
    size_bytes  bigint NOT NULL,
    rows        bigint NOT NULL,
    rows_root   bytea NOT NULL CHECK (octet_length(rows_root) = 32),
    hash_value  text,
    hash_method text,
    fetched_at  timestamptz NOT NULL,
    PRIMARY KEY (brand_code, day, sha384)
);

-- The file's bytes in order, each part under a key of its own.
CREATE TABLE iys_day_parts (
    brand_code bigint NOT NULL,
    day        date NOT NULL,
    sha384     bytea NOT NULL,
    part       integer NOT NULL,
    sealed     bytea NOT NULL,
    PRIMARY KEY (brand_code, day, sha384, part),
    FOREIGN KEY (brand_code, day, sha384) REFERENCES iys_day_files
);
ALTER TABLE iys_day_parts ALTER COLUMN sealed SET STORAGE EXTERNAL;

-- To destroy a day's file is to delete its keys (design.md §6).
CREATE TABLE iys_day_keys (
    brand_code  bigint NOT NULL,
    day         date NOT NULL,
    sha384      bytea NOT NULL,
    part        integer NOT NULL,
    wrapped_key bytea NOT NULL,
    kek_epoch   integer NOT NULL,
    PRIMARY KEY (brand_code, day, sha384, part),
    FOREIGN KEY (brand_code, day, sha384, part) REFERENCES iys_day_parts
);

-- The time stamps that İYS gave out for a file; nothing personal is in them, they outlast it.
CREATE TABLE iys_day_stamps (
    brand_code bigint NOT NULL,
    day        date NOT NULL,
    sha384     bytea NOT NULL,
    digest     bytea NOT NULL CHECK (octet_length(digest) = 32),
    stamp      bytea NOT NULL,
    fetched_at timestamptz NOT NULL,
    PRIMARY KEY (brand_code, day, sha384, digest),
    FOREIGN KEY (brand_code, day, sha384) REFERENCES iys_day_files
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON iys_day_files
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE iys_day_files ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON iys_day_parts
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE iys_day_parts ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON iys_day_stamps
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE iys_day_stamps ENABLE ALWAYS TRIGGER append_only;

GRANT SELECT, INSERT, UPDATE ON iys_days TO izin_app;
GRANT SELECT, INSERT ON iys_day_files, iys_day_parts, iys_day_stamps TO izin_app;
GRANT SELECT, INSERT, DELETE ON iys_day_keys TO izin_app;
