-- The tree over the log, what was signed of it, and the time stamps over that (design.md §9).

-- Follows from stored_events. Level 0 holds the leaf hashes; a tile only ever gets longer.
CREATE TABLE log_tiles (
    level  smallint NOT NULL,
    number bigint NOT NULL,
    hashes bytea NOT NULL CHECK (octet_length(hashes) BETWEEN 32 AND 8192
                                 AND octet_length(hashes) % 32 = 0),
    PRIMARY KEY (level, number)
);
ALTER TABLE log_tiles ALTER COLUMN hashes SET STORAGE EXTERNAL;

-- The last one, and those that a seal covers or a witness signed.
CREATE TABLE log_checkpoints (
    size     bigint PRIMARY KEY CHECK (size > 0),
    note     bytea NOT NULL,
    at       timestamptz NOT NULL,
    cosigned boolean NOT NULL DEFAULT false
);

CREATE TABLE log_witnesses (
    name     text PRIMARY KEY,
    vkey     text NOT NULL,
    added_at timestamptz NOT NULL,
    added_by text NOT NULL
);

-- A seal covers the events from `first` (0 the first time) to `size`. `roots`: the hash tree of
-- RFC 4998 over every 4096 leaves of the batch, 32 bytes each, by which records are made quickly.
CREATE TABLE log_seals (
    size       bigint PRIMARY KEY CHECK (size > first),
    first      bigint NOT NULL CHECK (first >= 0),
    checkpoint bytea NOT NULL,
    roots      bytea NOT NULL CHECK (octet_length(roots) % 32 = 0),
    sealed_at  timestamptz NOT NULL
);

CREATE TABLE log_stamps (
    size         bigint NOT NULL REFERENCES log_seals,
    number       smallint NOT NULL CHECK (number > 0),
    tsa          text NOT NULL,
    token        bytea NOT NULL,
    response     bytea NOT NULL,
    generated_at timestamptz NOT NULL,
    certificates bytea[] NOT NULL,
    crls         bytea[] NOT NULL,
    crl_failures text[] NOT NULL,
    verified_by  text NOT NULL,
    ends_at      timestamptz NOT NULL,
    PRIMARY KEY (size, number)
);
COMMENT ON COLUMN log_stamps.ends_at IS
    'when the first certificate of the path ends: to be renewed before';

-- What a TSA sent that is no time stamp.
CREATE TABLE log_refused_stamps (
    at   timestamptz NOT NULL,
    tsa  text NOT NULL,
    step text NOT NULL,
    raw  bytea NOT NULL
);

-- How each TSA has answered lately; `stopped` until people have looked.
CREATE TABLE log_tsa (
    tsa           text PRIMARY KEY,
    failures      integer NOT NULL DEFAULT 0,
    failing_since timestamptz,
    not_before    timestamptz,
    stopped       text,
    day           date NOT NULL,
    asked         integer NOT NULL
);

-- Of the day's map of streams: where each 256 entries begin, and their root.
CREATE TABLE log_heads (
    size   bigint NOT NULL,
    number integer NOT NULL,
    first  uuid NOT NULL,
    root   bytea NOT NULL CHECK (octet_length(root) = 32),
    PRIMARY KEY (size, number)
);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_seals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE log_seals ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_stamps
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE log_stamps ENABLE ALWAYS TRIGGER append_only;

GRANT SELECT, INSERT, UPDATE ON log_tsa TO izin_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON log_tiles, log_checkpoints TO izin_app;
GRANT SELECT, INSERT ON log_witnesses, log_seals, log_stamps, log_refused_stamps TO izin_app;
GRANT SELECT, INSERT, DELETE ON log_heads TO izin_app;
