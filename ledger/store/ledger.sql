-- Statements of the write path and its reads. Schema: migrations/provider.

-- use_provider --
SELECT set_config('search_path', %(schema)s, false)

-- lock_head --
SELECT one FROM ledger_head FOR UPDATE

-- read_head --
-- In a statement of its own: the one that waited for the lock has a snapshot from before the wait.
SELECT last.position, last.state, clock_timestamp() AS now
  FROM (SELECT 1) AS one
  LEFT JOIN LATERAL (
       SELECT position, state FROM stored_events ORDER BY position DESC LIMIT 1
       ) AS last ON true

-- last_position --
SELECT max(position) FROM stored_events

-- how_far --
-- The log's end, and how far each follower has read.
SELECT NULL AS name, coalesce((SELECT max(position) FROM stored_events), 0) AS position
UNION ALL
SELECT name, position
  FROM followers

-- find_recipients --
-- One look-up by the index for each, whatever the planner believes of the table's size: statements
-- are prepared while it is empty, and LIMIT keeps the sub-select from being turned into a join.
SELECT r.subject, r.lookup, r.generation, r.wrapped_key, r.kek_epoch,
       (SELECT true FROM suppressions WHERE subject = r.subject LIMIT 1) IS NOT NULL AS barred
  FROM generate_series(0, %(last)s::integer) AS i
 CROSS JOIN LATERAL (
       SELECT subject, lookup, generation, wrapped_key, kek_epoch
         FROM recipients
        WHERE closed_position IS NULL
          AND lookup = substr(%(lookups)s, 1 + 32 * i, 32)
        LIMIT 1
       ) AS r

-- try_lead --
SELECT pg_try_advisory_lock(%(lock)s, hashtext(%(schema)s))

-- still_there --
SELECT 1

-- holders --
SELECT r.subject, r.lookup, r.generation, r.sealed_address, r.wrapped_key, r.kek_epoch,
       r.closed_position
  FROM unnest(%(subjects)s::uuid[]) AS k (subject)
  JOIN recipients AS r USING (subject)

-- note_pulled --
INSERT INTO iys_pulled (brand_code, source, after, asked_at)
VALUES (%(brand_code)s, %(source)s, %(after)s, %(asked_at)s)
    ON CONFLICT (brand_code, source)
    DO UPDATE SET after = EXCLUDED.after, asked_at = EXCLUDED.asked_at

-- find_generations --
-- In two parts, each by its own index: neither holds all recipients.
SELECT subject, lookup, generation, wrapped_key, kek_epoch, closed_position
  FROM recipients
 WHERE lookup = %(lookup)s
   AND closed_position IS NULL
 UNION ALL
SELECT subject, lookup, generation, wrapped_key, kek_epoch, closed_position
  FROM recipients
 WHERE lookup = %(lookup)s
   AND closed_position IS NOT NULL
 ORDER BY generation DESC

-- load_consents --
SELECT c.subject, c.brand_code, c.recipient_type, c.channel, c.seq, c.position, c.leaf_hash, c.state
  FROM unnest(%(subjects)s::uuid[], %(brands)s::bigint[], %(types)s::smallint[],
              %(channels)s::smallint[]) AS k (subject, brand_code, recipient_type, channel)
 CROSS JOIN LATERAL (
       SELECT one.subject, one.brand_code, one.recipient_type, one.channel, one.seq,
              one.position, one.leaf_hash, one.state
         FROM current_consent AS one
        WHERE one.subject = k.subject
          AND one.brand_code = k.brand_code
          AND one.recipient_type = k.recipient_type
          AND one.channel = k.channel
        LIMIT 1
       ) AS c

-- consents_of_subject --
SELECT subject, brand_code, recipient_type, channel, seq, position, leaf_hash, state
  FROM current_consent
 WHERE subject = %(subject)s

-- load_commands --
SELECT command, content, outcome, code, positions
  FROM commands
 WHERE command = ANY (%(commands)s)

-- last_of_stream --
SELECT seq, state
  FROM stored_events
 WHERE stream = %(stream)s
 ORDER BY seq DESC
 LIMIT 1

-- copy_events --
COPY stored_events (position, stream, seq, topic, state) FROM STDIN (FORMAT BINARY)

-- copy_recipients --
COPY recipients
     (subject, lookup, generation, sealed_address, wrapped_key, kek_epoch, closed_position)
  FROM STDIN (FORMAT BINARY)

-- copy_payloads --
COPY payloads (position, sealed) FROM STDIN (FORMAT BINARY)

-- copy_consents --
COPY current_consent
     (subject, brand_code, recipient_type, channel, seq, position, leaf_hash, state, standing,
      waiting_at)
  FROM STDIN (FORMAT BINARY)

-- update_consents --
-- Every row exists; the conflict is how each is found by its key and by nothing else.
INSERT INTO current_consent AS c
       (subject, brand_code, recipient_type, channel, seq, position, leaf_hash, state, standing,
        waiting_at)
SELECT n.subject, n.brand_code, n.recipient_type, n.channel, n.seq, n.position, n.leaf_hash,
       n.state, n.standing, n.waiting_at
  FROM unnest(%(subjects)s::uuid[], %(brands)s::bigint[], %(types)s::smallint[],
              %(channels)s::smallint[], %(seqs)s::bigint[], %(positions)s::bigint[],
              %(hashes)s::bytea[], %(states)s::bytea[], %(standings)s::text[],
              %(waiting)s::bigint[])
       AS n (subject, brand_code, recipient_type, channel, seq, position, leaf_hash, state,
             standing, waiting_at)
    ON CONFLICT (subject, brand_code, recipient_type, channel)
    DO UPDATE SET seq = EXCLUDED.seq, position = EXCLUDED.position,
                  leaf_hash = EXCLUDED.leaf_hash, state = EXCLUDED.state,
                  standing = EXCLUDED.standing, waiting_at = EXCLUDED.waiting_at

-- copy_commands --
COPY commands (command, content, outcome, code, positions) FROM STDIN (FORMAT BINARY)

-- close_recipient --
UPDATE recipients
   SET closed_position = %(position)s
 WHERE subject = %(subject)s
   AND closed_position IS NULL

-- suppressions_of --
SELECT position, subject, seq, kind, brand_code, channel, until
  FROM suppressions
 WHERE subject = %(subject)s
 ORDER BY seq

-- add_suppression --
INSERT INTO suppressions (position, subject, seq, kind, brand_code, channel, until)
VALUES (%(position)s, %(subject)s, %(seq)s, %(kind)s, %(brand)s, %(channel)s, %(until)s)

-- lift_suppression --
DELETE FROM suppressions
 WHERE subject = %(subject)s
   AND seq = %(seq)s
RETURNING position, subject, seq, kind, brand_code, channel, until

-- select_events --
SELECT position, stream, seq, topic, state
  FROM stored_events
 WHERE stream = %(stream)s
   AND seq > %(after)s
   AND seq <= %(until)s
 ORDER BY seq
 LIMIT %(limit)s

-- select_events_desc --
SELECT position, stream, seq, topic, state
  FROM stored_events
 WHERE stream = %(stream)s
   AND seq > %(after)s
   AND seq <= %(until)s
 ORDER BY seq DESC
 LIMIT %(limit)s

-- select_log --
SELECT position, stream, seq, topic, state
  FROM stored_events
 WHERE position > %(after)s
   AND position <= %(until)s
 ORDER BY position
 LIMIT %(limit)s

-- select_log_topics --
SELECT position, stream, seq, topic, state
  FROM stored_events
 WHERE position > %(after)s
   AND position <= %(until)s
   AND topic = ANY (%(topics)s)
 ORDER BY position
 LIMIT %(limit)s

-- events_at --
SELECT position, stream, seq, topic, state
  FROM stored_events
 WHERE position = ANY (%(positions)s)

-- open_payloads --
SELECT position, sealed
  FROM payloads
 WHERE position = ANY (%(positions)s)

-- sealed_address --
SELECT sealed_address, wrapped_key, kek_epoch
  FROM recipients
 WHERE subject = %(subject)s

-- sealed_addresses --
SELECT subject, sealed_address, wrapped_key, kek_epoch
  FROM recipients
 WHERE subject = ANY (%(subjects)s::uuid[])

-- server_is_safe --
SELECT current_setting('fsync') = 'on'
       AND current_setting('full_page_writes') = 'on'
       AND current_setting('synchronous_commit') NOT IN ('off', 'local') AS safe,
       current_setting('server_version_num')::integer AS version

-- providers --
SELECT iys_code, title, log_origin, key_check
  FROM izin.providers
 ORDER BY iys_code

-- provider --
SELECT iys_code, title, log_origin, key_check
  FROM izin.providers
 WHERE iys_code = %(iys_code)s

-- add_provider --
INSERT INTO izin.providers (iys_code, title, mersis, vkn, kep, address, log_origin, key_check)
VALUES (%(iys_code)s, %(title)s, %(mersis)s, %(vkn)s, %(kep)s, %(address)s, %(log_origin)s,
        %(key_check)s)
ON CONFLICT (iys_code) DO NOTHING

-- brand --
SELECT iys_code, brand_code, name, closed
  FROM izin.brands
 WHERE brand_code = %(brand_code)s
   AND (%(iys_code)s::bigint IS NULL OR iys_code = %(iys_code)s)

-- brands --
SELECT iys_code, brand_code, name, closed
  FROM izin.brands
 ORDER BY iys_code, brand_code

-- add_brand --
INSERT INTO izin.brands (iys_code, brand_code, name)
VALUES (%(iys_code)s, %(brand_code)s, %(name)s)
ON CONFLICT (brand_code) DO NOTHING

-- close_brand --
UPDATE izin.brands
   SET closed = true
 WHERE brand_code = %(brand_code)s
   AND iys_code = %(iys_code)s

-- rename_log --
UPDATE izin.providers SET log_origin = %(log_origin)s WHERE iys_code = %(iys_code)s

-- provider_details --
SELECT title, mersis, vkn, kep, address FROM izin.providers WHERE iys_code = %(iys_code)s
