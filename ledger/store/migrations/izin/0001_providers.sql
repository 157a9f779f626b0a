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

GRANT USAGE ON SCHEMA izin TO izin_app;
GRANT SELECT, INSERT ON providers, brands TO izin_app;
GRANT UPDATE (title, mersis, vkn, kep, address) ON providers TO izin_app;
GRANT UPDATE (name, closed) ON brands TO izin_app;
