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
VALUES (1, 'providers'), (2, 'access'), (3, 'renamed_logs'), (4, 'iys_gate');

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

-- What all processes of this host share towards İYS, by its base URL: İYS counts by address.
CREATE TABLE iys_gates (
    host         text PRIMARY KEY,
    next_slot    timestamptz NOT NULL,
    halted_until timestamptz,
    halted_why   text
);

COMMENT ON COLUMN iys_gates.next_slot IS 'when the next request may be sent, by this clock';
COMMENT ON COLUMN iys_gates.halted_until IS 'no token is asked for before (H084)';

-- How often İYS was called: by minute, for its limits of an hour and its guard of 24 hours.
CREATE TABLE iys_minutes (
    host      text NOT NULL,
    minute    timestamptz NOT NULL,
    requests  integer NOT NULL DEFAULT 0,
    failures  integer NOT NULL DEFAULT 0,
    tokens    integer NOT NULL DEFAULT 0,
    statuses  integer NOT NULL DEFAULT 0,
    histories integer NOT NULL DEFAULT 0,
    PRIMARY KEY (host, minute)
);

COMMENT ON COLUMN iys_minutes.failures IS 'answers that İYS counts as the caller''s failures';

GRANT USAGE ON SCHEMA izin TO izin_app;
GRANT SELECT ON schema_version TO izin_app;
GRANT SELECT, INSERT ON providers, brands TO izin_app;
GRANT UPDATE (title, mersis, vkn, kep, address, log_origin) ON providers TO izin_app;
GRANT UPDATE (name, closed) ON brands TO izin_app;
GRANT SELECT, INSERT ON api_keys TO izin_app;
GRANT UPDATE (revoked_at) ON api_keys TO izin_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON iys_gates, iys_minutes TO izin_app;

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
-- How this provider calls İYS: one row, or none.
CREATE TABLE iys_account (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    url         text NOT NULL,
    agreement   text NOT NULL CHECK (agreement IN ('auto', 'ask')),
    late_ret    text NOT NULL CHECK (late_ret IN ('ask', 'hs_karar')),
    tsa_roots   bytea,
    sealed      bytea NOT NULL,
    wrapped_key bytea NOT NULL,
    kek_epoch   integer NOT NULL
);

COMMENT ON COLUMN iys_account.sealed IS 'user name and password';
COMMENT ON COLUMN iys_account.tsa_roots IS 'PEM: whom the stamps of İYS''s day files lead to';

-- The tokens İYS gave for the account, sealed. Whoever loses them logs in anew.
CREATE TABLE iys_tokens (
    one         boolean PRIMARY KEY DEFAULT true CHECK (one),
    sealed      bytea NOT NULL,
    wrapped_key bytea NOT NULL,
    kek_epoch   integer NOT NULL
);

-- How what waits for İYS gets there. Nothing here follows from the events or is needed to know what
-- happened: what is lost is sent once more, and İYS knows the very same consent again (R23).
CREATE INDEX iys_outbox_subject ON iys_outbox (subject);

-- What is not with İYS, in the order of sending. A row leaves for a request and may come back.
CREATE TABLE iys_to_send (
    position   bigint PRIMARY KEY,
    brand_code bigint NOT NULL,
    is_refusal boolean NOT NULL,
    due        timestamptz NOT NULL,
    not_before timestamptz NOT NULL DEFAULT '-infinity',
    tries      integer NOT NULL DEFAULT 0
);
CREATE INDEX iys_to_send_order ON iys_to_send (brand_code, is_refusal, due, position);

COMMENT ON COLUMN iys_to_send.due IS 'by İYS''s likeliest reading; infinity where there is no date';

-- To which position of the outbox rows were taken over.
CREATE TABLE iys_taken (
    is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    position bigint NOT NULL
);
INSERT INTO iys_taken (position) VALUES (0);

-- What was sent, or is about to be: one position a single call, more a list, in the order sent; 0
-- where an item is settled. `consent_dates` and `sources` as they were sent.
CREATE TABLE iys_requests (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    brand_code    bigint NOT NULL,
    positions     bigint[] NOT NULL,
    consent_dates text[] NOT NULL,
    sources       text[] NOT NULL,
    request_id    text,
    code          text,
    sent_at       timestamptz NOT NULL,
    look_at       timestamptz NOT NULL,
    is_uncertain  boolean NOT NULL DEFAULT false,
    tries         integer NOT NULL
);
CREATE INDEX iys_requests_look_at ON iys_requests (look_at);

COMMENT ON COLUMN iys_requests.request_id IS 'İYS''s name of a list it took';
COMMENT ON COLUMN iys_requests.code IS 'a refusal not believed before its consent was asked for';
COMMENT ON COLUMN iys_requests.is_uncertain IS 'sent before, and nobody knows what came of it';

-- Brands for which nothing is sent until people have looked, and the day's tries of overdue rows.
CREATE TABLE iys_push_brands (
    brand_code    bigint PRIMARY KEY,
    halted_until  timestamptz,
    halted_code   text,
    overdue_on    date,
    overdue_tries integer NOT NULL DEFAULT 0
);

-- What İYS shows: how far it is known, what of it could not be read, when it could not be reached,
-- and who may push to us.

-- How far İYS's movements are known: written in the transaction of the events of each page.
CREATE TABLE iys_pulled (
    brand_code bigint NOT NULL,
    source     text NOT NULL CHECK (source IN ('IYS', 'HS')),
    after      text,
    asked_at   timestamptz NOT NULL,
    gap_since  timestamptz,
    PRIMARY KEY (brand_code, source)
);

COMMENT ON COLUMN iys_pulled.after IS 'cursor of the last page that was not empty, İYS''s own word';
COMMENT ON COLUMN iys_pulled.asked_at IS
    'everything that İYS listed at that instant is here: what was created an hour before it';
COMMENT ON COLUMN iys_pulled.gap_since IS
    'from when on movements were missed for good, until the brand was adopted anew';

-- Movements that could not be read: kept whole, without the name of the person, until they can be.
CREATE TABLE iys_unread (
    digest      bytea PRIMARY KEY CHECK (octet_length(digest) = 32),
    brand_code  bigint NOT NULL,
    how         text NOT NULL,
    fault       text NOT NULL,
    came_at     timestamptz NOT NULL,
    sealed      bytea NOT NULL,
    wrapped_key bytea NOT NULL,
    kek_epoch   integer NOT NULL
);

COMMENT ON COLUMN iys_unread.digest IS 'keyed, of brand and content: what comes twice is kept once';

-- While İYS does not answer: the hour of silence that no event tells of yet.
CREATE TABLE iys_outage (
    is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    since    timestamptz NOT NULL,
    last_at  timestamptz NOT NULL CHECK (last_at >= since),
    failure  text NOT NULL,
    attempts integer NOT NULL CHECK (attempts > 0)
);

-- By which passwords İYS pushes; it keeps those of each registration.
CREATE TABLE iys_push_accounts (
    username text PRIMARY KEY,
    digest   bytea NOT NULL CHECK (octet_length(digest) = 32),
    made_at  timestamptz NOT NULL
);

COMMENT ON COLUMN iys_push_accounts.digest IS 'keyed, of user name and password';

-- Every movement of the brands' consents that İYS showed, by İYS's own instant of it (R57, R61).
CREATE TABLE iys_movements (
    position      bigint PRIMARY KEY,
    brand_code    bigint NOT NULL,
    creation_date text COLLATE "C" NOT NULL,
    subject       uuid NOT NULL
);
CREATE INDEX iys_movements_by_day ON iys_movements (brand_code, creation_date, position);

COMMENT ON TABLE iys_movements IS
    'follows from the events: one row for each iys.seen of a movement';
COMMENT ON COLUMN iys_movements.creation_date IS
    'Turkish wall clock, İYS''s own text: its first ten letters are the day of the report';

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

-- Electronic consents that nothing shows to have been confirmed on their day (R16).
CREATE TABLE confirmations (
    position   bigint PRIMARY KEY,
    stream     uuid NOT NULL,
    seq        bigint NOT NULL,
    brand_code bigint NOT NULL,
    channel    text NOT NULL,
    acted_at   timestamptz NOT NULL,
    due        timestamptz NOT NULL,
    sent_at    timestamptz,
    CONSTRAINT confirmations_stream_seq UNIQUE (stream, seq)
);

COMMENT ON TABLE confirmations IS
    'follows from the events; a row goes when a confirmation of the same day is shown';
COMMENT ON COLUMN confirmations.sent_at IS 'later than due: sent, but not on the same day';

-- What İYS's bulk status said, and what is asked about singly (consent.md C9). No personal data.

CREATE TABLE iys_adoptions (
    id         uuid PRIMARY KEY,
    brand_code bigint NOT NULL,
    begun_at   timestamptz NOT NULL,
    asked_at   timestamptz,
    skipped    bigint,
    approvals  bigint,
    rejections bigint,
    total      bigint,
    ended_at   timestamptz
);

COMMENT ON COLUMN iys_adoptions.asked_at IS 'when the last list was answered';
COMMENT ON COLUMN iys_adoptions.skipped IS
    'consents that no list could ask about, behind the last list of each kind';
COMMENT ON COLUMN iys_adoptions.total IS 'İYS''s own count of the brand''s consents';

-- One answered list each; with a position once its iys.snapshot is in the log.
CREATE TABLE iys_snapshot_lists (
    id             uuid PRIMARY KEY,
    adoption       uuid NOT NULL REFERENCES iys_adoptions,
    brand_code     bigint NOT NULL,
    recipient_type smallint NOT NULL,
    channel        smallint NOT NULL,
    asked_at       timestamptz NOT NULL,
    subjects       bytea NOT NULL CHECK (octet_length(subjects) BETWEEN 16 AND 16000
                                         AND octet_length(subjects) % 16 = 0),
    flags          bytea NOT NULL CHECK (octet_length(flags) * 16 = octet_length(subjects)),
    skipped        integer NOT NULL,
    position       bigint UNIQUE
);

COMMENT ON COLUMN iys_snapshot_lists.subjects IS 'who was asked about, 16 bytes each, sorted';
COMMENT ON COLUMN iys_snapshot_lists.flags IS
    'of each subject: 1 where İYS listed it, 2 where it stood here as a refusal, or their sum';
COMMENT ON COLUMN iys_snapshot_lists.skipped IS
    'consents between the list before and this one that no list could ask about';

CREATE INDEX iys_snapshot_lists_adoption ON iys_snapshot_lists (adoption, recipient_type, channel);
CREATE INDEX iys_snapshot_lists_kept ON iys_snapshot_lists (brand_code, channel, recipient_type)
    WHERE position IS NOT NULL;

-- Follows from the lists: what each said of a consent. The one of the last position counts.
CREATE TABLE iys_snapshot (
    subject        uuid NOT NULL,
    brand_code     bigint NOT NULL,
    position       bigint NOT NULL,
    recipient_type smallint NOT NULL,
    channel        smallint NOT NULL,
    granted        boolean NOT NULL,
    PRIMARY KEY (subject, brand_code, recipient_type, channel, position) INCLUDE (granted)
);

-- To be asked about singly; a row leaves with İYS's word. The lowest rank goes first.
CREATE TABLE iys_lookups (
    subject        uuid NOT NULL,
    brand_code     bigint NOT NULL,
    recipient_type smallint NOT NULL,
    channel        smallint NOT NULL,
    rank           smallint NOT NULL,
    queued_at      timestamptz NOT NULL,
    PRIMARY KEY (subject, brand_code, recipient_type, channel)
);
CREATE INDEX iys_lookups_next ON iys_lookups (brand_code, rank, queued_at);

CREATE TABLE iys_samples (
    adoption       uuid NOT NULL REFERENCES iys_adoptions,
    number         integer NOT NULL,
    subject        uuid NOT NULL,
    recipient_type smallint NOT NULL,
    channel        smallint NOT NULL,
    granted        boolean NOT NULL,
    asked_at       timestamptz NOT NULL,
    outcome        text,
    PRIMARY KEY (adoption, number)
);

COMMENT ON COLUMN iys_samples.outcome IS 'what the single status came to beside the list''s word';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON iys_snapshot
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE iys_snapshot ENABLE ALWAYS TRIGGER append_only;

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
GRANT SELECT, INSERT, UPDATE, DELETE ON iys_account, iys_tokens TO izin_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON iys_to_send, iys_requests, iys_push_brands TO izin_app;
GRANT SELECT, UPDATE ON iys_taken TO izin_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON iys_pulled, iys_outage TO izin_app;
GRANT SELECT, INSERT, DELETE ON iys_unread, iys_push_accounts TO izin_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON iys_movements TO izin_app;
GRANT SELECT, INSERT, UPDATE ON iys_days TO izin_app;
GRANT SELECT, INSERT ON iys_day_files, iys_day_parts, iys_day_stamps TO izin_app;
GRANT SELECT, INSERT, DELETE ON iys_day_keys TO izin_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON confirmations TO izin_app;
GRANT SELECT, INSERT, UPDATE ON iys_adoptions, iys_samples TO izin_app;
GRANT SELECT, INSERT ON iys_snapshot_lists TO izin_app;
GRANT UPDATE (position) ON iys_snapshot_lists TO izin_app;
GRANT SELECT, INSERT ON iys_snapshot TO izin_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON iys_lookups TO izin_app;

RESET search_path;
RESET ROLE;
