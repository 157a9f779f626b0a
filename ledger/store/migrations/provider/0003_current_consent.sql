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

GRANT SELECT, INSERT, UPDATE, DELETE ON current_consent TO izin_app;
GRANT SELECT, INSERT ON commands TO izin_app;
