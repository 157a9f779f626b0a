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

GRANT SELECT, INSERT, UPDATE, DELETE ON iys_pulled, iys_outage TO izin_app;
GRANT SELECT, INSERT, DELETE ON iys_unread, iys_push_accounts TO izin_app;
