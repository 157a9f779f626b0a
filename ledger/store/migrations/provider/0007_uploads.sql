-- What is brought in as a whole: pieces of evidence, published texts, files to import.
-- A row of evidence holds its own key: destroying the row makes its bytes unreadable.
CREATE TABLE evidence (
    evidence    bytea PRIMARY KEY CHECK (octet_length(evidence) = 32),
    kind        text NOT NULL,
    captured_at timestamptz,
    media_type  text NOT NULL,
    bytes       integer NOT NULL CHECK (bytes > 0),
    sealed      bytea NOT NULL,
    wrapped_key bytea NOT NULL,
    kek_epoch   smallint NOT NULL,
    uploaded_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    uploaded_by text NOT NULL
);
ALTER TABLE evidence ALTER COLUMN sealed SET STORAGE EXTERNAL;

COMMENT ON COLUMN evidence.evidence IS
    'HMAC of the SHA-256 of its bytes; keyed, since the digest of a filled-in form is guessable';

-- Written in the transaction of text.registered.
CREATE TABLE texts (
    id       text NOT NULL,
    version  text NOT NULL,
    kind     text NOT NULL,
    language text NOT NULL,
    sha256   bytea NOT NULL CHECK (octet_length(sha256) = 32),
    position bigint NOT NULL UNIQUE,
    PRIMARY KEY (id, version)
);

CREATE TABLE text_contents (
    sha256  bytea PRIMARY KEY CHECK (sha256 = sha256(content)),
    content bytea NOT NULL
);

COMMENT ON TABLE text_contents IS
    'the bytes behind the texts, written before their event; published, so in the clear';

-- A job is held by the advisory lock that bears its name; RUNNING without it is a job whose process
-- died. Whose name or file it was is in `sealed` alone, and gone with the verdict file.
CREATE TABLE import_jobs (
    id         uuid PRIMARY KEY,
    brand_code bigint NOT NULL,
    actor      text NOT NULL,
    state      text NOT NULL DEFAULT 'WAITING'
               CHECK (state IN ('WAITING', 'RUNNING', 'DONE', 'REFUSED', 'FAILED')),
    dry_run    boolean NOT NULL,
    bytes      bigint NOT NULL,
    sealed     bytea,
    created_at timestamptz NOT NULL DEFAULT clock_timestamp(),
    started_at timestamptz,
    ended_at   timestamptz,
    run        integer NOT NULL DEFAULT 0,
    failures   integer NOT NULL DEFAULT 0,
    rows_read  bigint NOT NULL DEFAULT 0,
    rows_total bigint,
    verdicts   jsonb NOT NULL DEFAULT '{}',
    code       text,
    import_id  uuid
);

COMMENT ON COLUMN import_jobs.run IS
    'counts the takers: what an earlier one still writes is not taken';

CREATE INDEX import_jobs_open ON import_jobs (id) WHERE state IN ('WAITING', 'RUNNING');
CREATE INDEX import_jobs_kept ON import_jobs (ended_at) WHERE sealed IS NOT NULL;

GRANT SELECT, INSERT, DELETE ON evidence TO izin_app;
GRANT UPDATE (wrapped_key, kek_epoch) ON evidence TO izin_app;
GRANT SELECT, INSERT ON texts, text_contents TO izin_app;
GRANT SELECT, INSERT, UPDATE ON import_jobs TO izin_app;
