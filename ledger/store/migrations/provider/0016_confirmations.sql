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

GRANT SELECT, INSERT, UPDATE, DELETE ON confirmations TO izin_app;
