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

GRANT SELECT, INSERT, DELETE ON recipients, payloads TO izin_app;
GRANT UPDATE (closed_position, sealed_address, wrapped_key, kek_epoch) ON recipients TO izin_app;
