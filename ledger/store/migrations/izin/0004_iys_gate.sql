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

GRANT SELECT, INSERT, UPDATE, DELETE ON iys_gates, iys_minutes TO izin_app;
