-- What İYS shows, as it is worked off. Schema: store/migrations/provider/0013.

-- progress --
SELECT brand_code, source, after, asked_at, gap_since
  FROM iys_pulled
 ORDER BY brand_code, source DESC

-- note_asked --
-- İYS had nothing more: the cursor stays, and whoever asked later knows better.
INSERT INTO iys_pulled (brand_code, source, asked_at)
VALUES (%(brand_code)s, %(source)s, %(asked_at)s)
    ON CONFLICT (brand_code, source)
    DO UPDATE SET asked_at = greatest(iys_pulled.asked_at, EXCLUDED.asked_at)

-- first_known --
-- An adoption asks about every consent; else it is the first movement that was shown, at its event.
SELECT coalesce(
       (SELECT min(complete_at) FROM iys_knowledge WHERE brand_code = %(brand_code)s),
       (SELECT (convert_from(state, 'UTF8')::json ->> 'recorded')::timestamptz
          FROM stored_events
         WHERE position = (SELECT min(position) FROM iys_movements
                            WHERE brand_code = %(brand_code)s)))

-- mark_gap --
-- The cursor leads to what is not listed any more.
INSERT INTO iys_pulled (brand_code, source, asked_at, gap_since)
VALUES (%(brand_code)s, %(source)s, %(asked_at)s, %(since)s)
    ON CONFLICT (brand_code, source)
    DO UPDATE SET gap_since = coalesce(iys_pulled.gap_since, EXCLUDED.gap_since),
                  asked_at = greatest(iys_pulled.asked_at, EXCLUDED.asked_at), after = NULL

-- gap_mended --
UPDATE iys_pulled
   SET gap_since = NULL
 WHERE brand_code = %(brand_code)s

-- keep_unread --
INSERT INTO iys_unread
       (digest, brand_code, how, fault, came_at, sealed, wrapped_key, kek_epoch)
VALUES (%(digest)s, %(brand_code)s, %(how)s, %(fault)s, %(came_at)s, %(sealed)s, %(wrapped_key)s,
        %(kek_epoch)s)
    ON CONFLICT (digest) DO NOTHING

-- unread --
SELECT digest, brand_code, how, fault, came_at, sealed, wrapped_key, kek_epoch
  FROM iys_unread
 WHERE digest > %(after)s
 ORDER BY digest
 LIMIT %(limit)s

-- count_unread --
SELECT brand_code, count(*)
  FROM iys_unread
 GROUP BY brand_code

-- forget_unread --
DELETE FROM iys_unread WHERE digest = ANY (%(digests)s::bytea[])

-- note_failure --
-- Within the clock hour that is noted, or where none is; no row comes back otherwise.
INSERT INTO iys_outage AS o (since, last_at, failure, attempts)
VALUES (%(at)s, %(at)s, %(failure)s, 1)
    ON CONFLICT (is_only)
    DO UPDATE SET last_at = greatest(o.last_at, EXCLUDED.last_at), failure = EXCLUDED.failure,
                  attempts = o.attempts + 1
     WHERE date_trunc('hour', o.since) = date_trunc('hour', EXCLUDED.since)
RETURNING since, last_at, failure, attempts

-- outage --
SELECT since, last_at, failure, attempts FROM iys_outage

-- turn_hour --
UPDATE iys_outage
   SET since = %(since)s, last_at = %(at)s, failure = %(failure)s, attempts = 1
 WHERE since = %(former)s

-- end_outage --
DELETE FROM iys_outage WHERE since = %(former)s

-- push_accounts --
SELECT username, digest FROM iys_push_accounts

-- add_push_account --
INSERT INTO iys_push_accounts (username, digest, made_at)
VALUES (%(username)s, %(digest)s, %(made_at)s)

-- remove_push_account --
DELETE FROM iys_push_accounts WHERE username = %(username)s
