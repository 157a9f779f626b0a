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

GRANT SELECT, INSERT ON stored_events TO izin_app;
GRANT SELECT, UPDATE ON ledger_head TO izin_app;
