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

GRANT SELECT, INSERT, UPDATE, DELETE ON suppressions, iys_knowledge TO izin_app;
GRANT SELECT, INSERT ON decision_leaves, referred_refusals TO izin_app;
GRANT UPDATE (at, settled_at, settled_by) ON referred_refusals TO izin_app;
