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

GRANT SELECT, INSERT, UPDATE, DELETE ON followers, iys_outbox TO izin_app;
