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

GRANT SELECT, INSERT, UPDATE, DELETE ON iys_account, iys_tokens TO izin_app;
