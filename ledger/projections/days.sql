-- The days of each brand at İYS, and İYS's files of them. Schema: store/migrations/provider/0015.

-- note --
INSERT INTO iys_days (brand_code, day, state, checked_at, reason, rows_here, rows_there, erased,
                      sha384_here, file_sha384, hash_value, agreed, stamp, stamped_at, differences,
                      open_rows, listed, wrapped_key, kek_epoch)
VALUES (%(brand_code)s, %(day)s, %(state)s, %(checked_at)s, %(reason)s, %(rows_here)s,
        %(rows_there)s, %(erased)s, %(sha384_here)s, %(file_sha384)s, %(hash_value)s, %(agreed)s,
        %(stamp)s, %(stamped_at)s, %(differences)s, %(open_rows)s, %(listed)s, %(wrapped_key)s,
        %(kek_epoch)s)
    ON CONFLICT (brand_code, day)
    DO UPDATE SET state = EXCLUDED.state, checked_at = EXCLUDED.checked_at,
                  reason = EXCLUDED.reason, rows_here = EXCLUDED.rows_here,
                  rows_there = EXCLUDED.rows_there, erased = EXCLUDED.erased,
                  sha384_here = EXCLUDED.sha384_here, file_sha384 = EXCLUDED.file_sha384,
                  hash_value = EXCLUDED.hash_value, agreed = EXCLUDED.agreed,
                  stamp = EXCLUDED.stamp, stamped_at = EXCLUDED.stamped_at,
                  differences = EXCLUDED.differences, open_rows = EXCLUDED.open_rows,
                  listed = EXCLUDED.listed, wrapped_key = EXCLUDED.wrapped_key,
                  kek_epoch = EXCLUDED.kek_epoch

-- between --
SELECT brand_code, day, state, checked_at, reason, rows_here, rows_there, erased, sha384_here,
       file_sha384, hash_value, agreed, stamp, stamped_at, differences, open_rows
  FROM iys_days
 WHERE brand_code = %(brand_code)s
   AND day BETWEEN %(first)s AND %(last)s
 ORDER BY day

-- listed --
SELECT listed, wrapped_key, kek_epoch
  FROM iys_days
 WHERE brand_code = %(brand_code)s
   AND day = %(day)s
   AND listed IS NOT NULL

-- first_day --
SELECT min(day) FROM iys_days WHERE brand_code = %(brand_code)s

-- add_file --
INSERT INTO iys_day_files (brand_code, day, sha384, size_bytes, rows, rows_root, hash_value,
                           hash_method, fetched_at)
VALUES (%(brand_code)s, %(day)s, %(sha384)s, %(size_bytes)s, %(rows)s, %(rows_root)s,
        %(hash_value)s, %(hash_method)s, %(fetched_at)s)
    ON CONFLICT DO NOTHING

-- add_part --
INSERT INTO iys_day_parts (brand_code, day, sha384, part, sealed)
VALUES (%(brand_code)s, %(day)s, %(sha384)s, %(part)s, %(sealed)b)

-- add_key --
INSERT INTO iys_day_keys (brand_code, day, sha384, part, wrapped_key, kek_epoch)
VALUES (%(brand_code)s, %(day)s, %(sha384)s, %(part)s, %(wrapped_key)s, %(kek_epoch)s)

-- add_stamp --
INSERT INTO iys_day_stamps (brand_code, day, sha384, digest, stamp, fetched_at)
VALUES (%(brand_code)s, %(day)s, %(sha384)s, %(digest)s, %(stamp)s, %(fetched_at)s)
    ON CONFLICT DO NOTHING

-- files --
SELECT brand_code, day, encode(sha384, 'hex'), size_bytes, rows, encode(rows_root, 'hex'),
       hash_value, hash_method, fetched_at
  FROM iys_day_files
 WHERE brand_code = %(brand_code)s
   AND day = %(day)s
 ORDER BY fetched_at DESC, sha384

-- part --
SELECT p.sealed, k.wrapped_key, k.kek_epoch
  FROM iys_day_parts AS p
  JOIN iys_day_keys AS k USING (brand_code, day, sha384, part)
 WHERE p.brand_code = %(brand_code)s
   AND p.day = %(day)s
   AND p.sha384 = %(sha384)s
   AND p.part = %(part)s

-- stamp --
SELECT stamp
  FROM iys_day_stamps
 WHERE brand_code = %(brand_code)s
   AND day = %(day)s
   AND sha384 = %(sha384)s
 ORDER BY fetched_at DESC
 LIMIT 1
