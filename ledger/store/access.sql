-- Keys that let somebody in, and the log of what was read. Schema: migrations.

-- keys_in_force --
SELECT key_id, secret_hash, name, role, iys_code, brands, expires_at
  FROM izin.api_keys
 WHERE revoked_at IS NULL
   AND (expires_at IS NULL OR expires_at > clock_timestamp())

-- all_keys --
SELECT key_id, name, role, iys_code, brands, created_at, created_by, expires_at, revoked_at
  FROM izin.api_keys
 ORDER BY created_at, key_id

-- add_key --
INSERT INTO izin.api_keys
       (key_id, secret_hash, name, role, iys_code, brands, created_by, expires_at)
VALUES (%(key_id)s, %(secret_hash)s, %(name)s, %(role)s, %(iys_code)s, %(brands)s, %(created_by)s,
        %(expires_at)s)

-- revoke_key --
-- The first revocation stands.
UPDATE izin.api_keys
   SET revoked_at = coalesce(revoked_at, clock_timestamp())
 WHERE key_id = %(key_id)s
RETURNING revoked_at

-- copy_notes --
COPY access_log (at, actor, action, brand_code, subject, items, request_id)
  FROM STDIN (FORMAT BINARY)

-- notes --
SELECT at, actor, action, brand_code, subject, items, request_id
  FROM access_log
 WHERE at >= coalesce(%(since)s::timestamptz, '-infinity')
   AND (%(brand)s::bigint IS NULL OR brand_code = %(brand)s)
 ORDER BY id DESC
 LIMIT %(limit)s
