-- Who may ask over HTTP. Of a key only its digest is kept: 256 random bits need no slow hash.
CREATE TABLE api_keys (
    key_id      text PRIMARY KEY CHECK (key_id ~ '^[a-z0-9]{1,32}$'),
    secret_hash bytea NOT NULL CHECK (octet_length(secret_hash) = 32),
    name        text NOT NULL,
    role        text NOT NULL
                CHECK (role IN ('viewer', 'operator', 'compliance', 'auditor', 'admin')),
    iys_code    bigint NOT NULL REFERENCES providers,
    brands      bigint[],
    created_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
    created_by  text NOT NULL,
    expires_at  timestamptz,
    revoked_at  timestamptz
);

COMMENT ON COLUMN api_keys.brands IS 'none named: every brand of the provider, later ones too';

GRANT SELECT, INSERT ON api_keys TO izin_app;
GRANT UPDATE (revoked_at) ON api_keys TO izin_app;
