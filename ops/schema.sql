-- The present schema as one file: to be read, or to be run where an administrator makes the tables.
--   psql --set ON_ERROR_STOP=1 --file ops/roles.sql --file ops/schema.sql
-- `sp_123456` stands for a provider's schema: one each, named sp_<its number at İYS>.
-- The road here is ledger/store/migrations; tests/integration/test_schema.py proves them equal.
SET ROLE izin_owner;

-- Shared by all providers ------------------------------------------------------------------------

CREATE SCHEMA izin;
SET search_path = izin;

CREATE TABLE schema_version (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

INSERT INTO schema_version (number, name)
VALUES (1, 'providers'), (2, 'access'), (3, 'renamed_logs');

-- Who is kept here. No table of a provider's schema refers to these, nor these to it.
CREATE TABLE providers (
    iys_code   bigint PRIMARY KEY CHECK (iys_code > 0),
    title      text NOT NULL,
    mersis     text,
    vkn        text,
    kep        text,
    address    text,
    log_origin text NOT NULL UNIQUE,
    key_check  bytea NOT NULL,
    added_at   timestamptz NOT NULL DEFAULT clock_timestamp()
);

COMMENT ON COLUMN providers.key_check IS
    'keyed digest by which a wrong key file is noticed before anything is written with it';

CREATE TABLE brands (
    iys_code   bigint NOT NULL REFERENCES providers,
    brand_code bigint PRIMARY KEY CHECK (brand_code > 0),
    name       text NOT NULL,
    closed     boolean NOT NULL DEFAULT false
);

-- Who may ask over HTTP. Of a key only its digest is kept: 256 random bits need no slow hash.
CREATE TABLE api_keys (
    key_id      text PRIMARY KEY CHECK (key_id ~ '^[a-z0-9]{1,32}$'),
    secret_hash bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
    name        text NOT NULL,
    role        text NOT NULL
                CHECK (role IN ('viewer', 'operator', 'compliance', 'auditor', 'admin')),
    iys_code    bigint NOT NULL REFERENCES providers,
    brands      bigint[],
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by  text NOT NULL,
    expires_at  timestamptz,
    revoked_at  timestamptz
);

COMMENT ON COLUMN api_keys.brands IS 'none named: every brand of the provider, later ones too';

GRANT USAGE ON SCHEMA izin TO izin_app;
GRANT SELECT ON schema_version TO izin_app;
GRANT SELECT, INSERT ON providers, brands TO izin_app;
GRANT UPDATE (title, mersis, vkn, kep, address, log_origin) ON providers TO izin_app;
GRANT UPDATE (name, closed) ON brands TO izin_app;
GRANT SELECT, INSERT ON api_keys TO izin_app;
GRANT UPDATE (revoked_at) ON api_keys TO izin_app;

-- One provider -----------------------------------------------------------------------------------

CREATE SCHEMA sp_123456;
SET search_path = sp_123456;

CREATE TABLE schema_version (
    number     integer PRIMARY KEY,
    name       text NOT NULL,
    applied_at timestamptz NOT NULL DEFAULT clock_timestamp()
);

INSERT INTO schema_version (number, name)
VALUES (1, 'events'), (2, 'vault'), (3, 'current_consent'), (4, 'iys_outbox'), (5, 'decisions'),
       (6, 'access_log'),
       (7, 'uploads'), (8, 'import_dates'), (9, 'brand_events'), (10, 'log'),
       (11, 'iys_account'), (12, 'sending'), (13, 'pulled'), (14, 'movements'), (15, 'days'),
       (16, 'confirmations'), (17, 'snapshots');

-- The log of one provider, for ever. `state` is the leaf input; position is dense, in commit order.
CREATE TABLE stored_events (
    position bigint PRIMARY KEY CHECK (position > 0),
    stream   uuid   NOT NULL,
    seq      bigint NOT NULL CHECK (seq > 0),
    topic    text   NOT NULL,
    state    bytea  NOT NULL CHECK (octet_length(state) BETWEEN 1 AND 16384),
    CONSTRAINT stored_events_stream_seq UNIQUE (stream, seq)
);

CREATE FUNCTION refuse_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    RAISE EXCEPTION 'ledger events are append-only: % on % refused', TG_OP, TG_TABLE_NAME
        USING ERRCODE = 'restrict_violation';
END
$$;

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON stored_events
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE stored_events ENABLE ALWAYS TRIGGER append_only;

-- One row: whoever holds it may append. The last event is the head; this only takes turns.
CREATE TABLE ledger_head (
    one boolean PRIMARY KEY DEFAULT true CHECK (one)
);
INSERT INTO ledger_head DEFAULT VALUES;

-- The only tables with personal data. A destroyed key row makes its sealed bytes unreadable.
CREATE TABLE recipients (
    subject         uuid PRIMARY KEY,
    lookup          bytea NOT NULL CHECK (octet_length(lookup) = 32),
    generation      integer NOT NULL CHECK (generation > 0),
    sealed_address  bytea NOT NULL,
    wrapped_key     bytea NOT NULL,
    kek_epoch       smallint NOT NULL,
    closed_position bigint
);

COMMENT ON COLUMN recipients.lookup IS
    'HMAC of the address; keyed, since a plain digest is guessable';
COMMENT ON COLUMN recipients.closed_position IS 'event by which the address went to a new holder';

-- Two first writes for one new address make one subject: the second one meets this. A filter finds
-- the subject in the index alone.
CREATE UNIQUE INDEX recipients_open_lookup ON recipients (lookup) INCLUDE (subject)
    WHERE closed_position IS NULL;
CREATE INDEX recipients_closed_lookup ON recipients (lookup) WHERE closed_position IS NOT NULL;

CREATE TABLE payloads (
    position bigint PRIMARY KEY,
    sealed   bytea NOT NULL
);

COMMENT ON TABLE payloads IS 'what an event binds and the canonical address alone does not tell';

-- The stored state of `evolve`, written in the transaction of the events. Holds no personal data.
CREATE TABLE current_consent (
    subject        uuid     NOT NULL,
    brand_code     bigint   NOT NULL,
    recipient_type smallint NOT NULL,
    channel        smallint NOT NULL,
    seq            bigint   NOT NULL,
    position       bigint   NOT NULL,
    leaf_hash      bytea    NOT NULL,
    state          bytea    NOT NULL,
    standing       text     NOT NULL,
    waiting_at     bigint,
    PRIMARY KEY (subject, brand_code, recipient_type, channel)
) WITH (fillfactor = 90);

COMMENT ON COLUMN current_consent.leaf_hash IS
    'of the last event of the stream: the next one''s prev';
COMMENT ON COLUMN current_consent.standing IS
    'follows from state: row and reason by which a filter judges it';
COMMENT ON COLUMN current_consent.waiting_at IS
    'follows from state: Unix seconds of the act that waits for İYS';

-- One row a command that came with an id: a repeat, or a retry after a lost answer, is known here.
CREATE TABLE commands (
    command   bytea PRIMARY KEY,
    content   bytea NOT NULL,
    outcome   text NOT NULL,
    code      text,
    positions bigint[] NOT NULL
);

-- How far each follower has read, and what waits to be told to İYS.
CREATE TABLE followers (
    name     text PRIMARY KEY,
    position bigint NOT NULL
);

CREATE TABLE iys_outbox (
    position         bigint PRIMARY KEY,
    stream           uuid NOT NULL,
    seq              bigint NOT NULL,
    subject          uuid NOT NULL,
    brand_code       bigint NOT NULL,
    recipient_type   text NOT NULL,
    channel          text NOT NULL,
    consent_status   text NOT NULL,
    consent_date     text,
    source           text,
    due_internal     timestamptz,
    due_iys_reading  timestamptz,
    due_legal_latest timestamptz,
    CONSTRAINT iys_outbox_stream_seq UNIQUE (stream, seq)
);

-- What bars a recipient besides their own word, how far İYS is known, and what was decided.
CREATE TABLE suppressions (
    position   bigint PRIMARY KEY,
    subject    uuid NOT NULL,
    seq        bigint NOT NULL,
    kind       text NOT NULL CHECK (kind IN ('LIST', 'RESTRICTED', 'ERASED')),
    brand_code bigint,
    channel    smallint,
    until      timestamptz,
    CONSTRAINT suppressions_subject_seq UNIQUE (subject, seq)
);

COMMENT ON TABLE suppressions IS
    'follows from suppression.added and .lifted; no brand or channel means all of them';

CREATE TABLE iys_knowledge (
    brand_code  bigint NOT NULL,
    channel     smallint NOT NULL,
    complete_at timestamptz NOT NULL,
    PRIMARY KEY (brand_code, channel)
);

COMMENT ON COLUMN iys_knowledge.complete_at IS
    'up to when İYS''s movements are known without a gap';

-- The sorted leaves under the root of each decision.made, by which one line of it can be shown.
CREATE TABLE decision_leaves (
    decision uuid NOT NULL,
    channel  smallint NOT NULL,
    chunk    integer NOT NULL,
    leaves   bytea NOT NULL CHECK (octet_length(leaves) % 32 = 0),
    PRIMARY KEY (decision, channel, chunk)
);
ALTER TABLE decision_leaves ALTER COLUMN leaves SET STORAGE EXTERNAL;

-- Refusals that reach beyond the brands of the key that brought them; what was said is sealed.
CREATE TABLE referred_refusals (
    id         uuid PRIMARY KEY,
    at         timestamptz NOT NULL,
    actor      text NOT NULL,
    brand_code bigint NOT NULL,
    sealed     bytea NOT NULL,
    settled_at timestamptz,
    settled_by text
);

-- Who was shown what of whom (R108). Holds neither an address nor anything an address follows from.
CREATE TABLE access_log (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL,
    actor      text NOT NULL,
    action     text NOT NULL,
    brand_code bigint,
    subject    uuid,
    items      integer NOT NULL,
    request_id text
);

-- Of a few pages in the size of a table that only grows.
CREATE INDEX access_log_at ON access_log USING brin (at);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE access_log ENABLE ALWAYS TRIGGER append_only;

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
    import_id  uuid,
    template   text,
    tried      jsonb
);

COMMENT ON COLUMN import_jobs.run IS
    'counts the takers: what an earlier one still writes is not taken';
COMMENT ON COLUMN import_jobs.tried IS
    'of a dry run: the first and the last date, and how many rows each month has';

CREATE INDEX import_jobs_open ON import_jobs (id) WHERE state IN ('WAITING', 'RUNNING');
CREATE INDEX import_jobs_kept ON import_jobs (ended_at) WHERE sealed IS NOT NULL;

-- Which brand and channel an event concerns, so that a feed finds its own among everybody's.
-- Written in the transaction of the events, a row a transaction and place.
CREATE TABLE brand_events (
    brand_code    bigint   NOT NULL,
    channel       smallint NOT NULL,
    is_refusal    boolean  NOT NULL,
    last_position bigint   NOT NULL,
    positions     bigint[] NOT NULL,
    PRIMARY KEY (brand_code, channel, is_refusal, last_position)
);

COMMENT ON TABLE brand_events IS
    'follows from the events; brand or channel 0: suppressions that bar on all of them';

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

-- İYS --------------------------------------------------------------------------------------------
-- How far İYS's movements were asked for: written in the transaction of the events of each page.
CREATE TABLE iys_pulled (
    brand_code bigint NOT NULL,
    source     text NOT NULL CHECK (source IN ('IYS', 'HS')),
    after      text,
    asked_at   timestamptz NOT NULL,
    PRIMARY KEY (brand_code, source)
);

COMMENT ON COLUMN iys_pulled.after IS 'cursor of the last page that was not empty, İYS''s own word';
COMMENT ON COLUMN iys_pulled.asked_at IS 'when İYS was last asked and had answered all it had';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_seals
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE log_seals ENABLE ALWAYS TRIGGER append_only;
CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON log_stamps
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE log_stamps ENABLE ALWAYS TRIGGER append_only;

GRANT USAGE ON SCHEMA sp_123456 TO izin_app;
GRANT SELECT ON schema_version TO izin_app;
GRANT SELECT, INSERT ON stored_events, commands TO izin_app;
GRANT SELECT, UPDATE ON ledger_head TO izin_app;
GRANT SELECT, INSERT, DELETE ON recipients, payloads TO izin_app;
GRANT UPDATE (closed_position, sealed_address, wrapped_key, kek_epoch) ON recipients TO izin_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON current_consent, followers, iys_outbox TO izin_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON suppressions, iys_knowledge TO izin_app;
GRANT SELECT, INSERT ON decision_leaves, referred_refusals, access_log TO izin_app;
GRANT UPDATE (at, settled_at, settled_by) ON referred_refusals TO izin_app;
GRANT SELECT, INSERT, DELETE ON evidence TO izin_app;
GRANT UPDATE (wrapped_key, kek_epoch) ON evidence TO izin_app;
GRANT SELECT, INSERT ON texts, text_contents TO izin_app;
GRANT SELECT, INSERT, UPDATE ON import_jobs TO izin_app;
GRANT SELECT, INSERT ON brand_events TO izin_app;
GRANT SELECT, INSERT, UPDATE ON log_tsa TO izin_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON log_tiles, log_checkpoints TO izin_app;
GRANT SELECT, INSERT ON log_witnesses, log_seals, log_stamps, log_refused_stamps TO izin_app;
GRANT SELECT, INSERT, DELETE ON log_heads TO izin_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON iys_pulled TO izin_app;

RESET search_path;
RESET ROLE;
