-- The tree over the log, its checkpoints, seals and stamps. Schema: migrations/provider/0010.

-- tree_size --
SELECT coalesce((SELECT 256 * number + octet_length(hashes) / 32
                   FROM log_tiles
                  WHERE level = 0
                  ORDER BY number DESC
                  LIMIT 1), 0)

-- tiles --
SELECT t.level, t.number, t.hashes
  FROM unnest(%(levels)s::smallint[], %(numbers)s::bigint[]) AS k (level, number)
  JOIN log_tiles AS t ON t.level = k.level AND t.number = k.number

-- leaves --
SELECT hashes
  FROM log_tiles
 WHERE level = 0
   AND number BETWEEN %(first)s AND %(last)s
 ORDER BY number

-- hash_events --
-- Here and not in the client: of each event 32 bytes cross the wire.
SELECT count(*), max(position), string_agg(leaf, ''::bytea ORDER BY position)
  FROM (SELECT position, sha256('\x00'::bytea || state) AS leaf
          FROM stored_events
         WHERE position > %(after)s
           AND position <= %(until)s
         ORDER BY position
         LIMIT %(limit)s) AS e

-- keep_tiles --
INSERT INTO log_tiles (level, number, hashes)
SELECT * FROM unnest(%(levels)s::smallint[], %(numbers)s::bigint[], %(hashes)s::bytea[])
ON CONFLICT (level, number) DO UPDATE SET hashes = excluded.hashes

-- empty_tiles --
DELETE FROM log_tiles

-- entries --
SELECT state
  FROM stored_events
 WHERE position > %(after)s
   AND position <= %(until)s
 ORDER BY position

-- last_checkpoint --
SELECT note
  FROM log_checkpoints
 ORDER BY size DESC
 LIMIT 1

-- keep_checkpoint --
INSERT INTO log_checkpoints (size, note, at)
VALUES (%(size)s, %(note)s, clock_timestamp())
ON CONFLICT (size) DO NOTHING

-- drop_checkpoints --
-- One that nobody sealed or cosigned proves nothing that the next does not.
DELETE FROM log_checkpoints AS c
 WHERE size < %(size)s
   AND NOT EXISTS (SELECT FROM log_seals WHERE size = c.size)
   AND NOT cosigned

-- cosign --
-- It may have been dropped since it was read: a newer one was made.
INSERT INTO log_checkpoints (size, note, at, cosigned)
VALUES (%(size)s, %(note)s, clock_timestamp(), true)
ON CONFLICT (size) DO UPDATE SET note = excluded.note, cosigned = true

-- checkpoint --
SELECT note FROM log_checkpoints WHERE size = %(size)s

-- witnesses --
SELECT vkey FROM log_witnesses ORDER BY name

-- add_witness --
INSERT INTO log_witnesses (name, vkey, added_at, added_by)
VALUES (%(name)s, %(vkey)s, clock_timestamp(), %(by)s)
ON CONFLICT (name) DO NOTHING

-- last_seal --
SELECT size, first, checkpoint, roots, sealed_at
  FROM log_seals
 ORDER BY size DESC
 LIMIT 1

-- seal_of --
-- The seal that covers the event at a position.
SELECT size, first, checkpoint, roots, sealed_at
  FROM log_seals
 WHERE size >= %(position)s
 ORDER BY size
 LIMIT 1

-- seal_ending --
SELECT size, first, checkpoint, roots, sealed_at
  FROM log_seals
 WHERE size = %(size)s

-- seal_before --
-- The last seal before an instant.
SELECT size, first, checkpoint, roots, sealed_at
  FROM log_seals
 WHERE sealed_at < %(at)s
 ORDER BY size DESC
 LIMIT 1

-- add_seal --
-- Only behind the last one: whoever held the lock may have lost it while the TSA was asked.
INSERT INTO log_seals (size, first, checkpoint, roots, sealed_at)
SELECT %(size)s, %(first)s, %(checkpoint)s, %(roots)s, %(sealed_at)s
 WHERE %(first)s = (SELECT coalesce(max(size), 0) FROM log_seals)

-- stamps --
SELECT tsa, token, generated_at, certificates, crls, crl_failures, verified_by, ends_at
  FROM log_stamps
 WHERE size = %(size)s
 ORDER BY number

-- first_end --
SELECT min(ends_at) FROM log_stamps

-- add_stamp --
INSERT INTO log_stamps (size, number, tsa, token, response, generated_at, certificates, crls,
                        crl_failures, verified_by, ends_at)
SELECT %(size)s, coalesce(max(number), 0) + 1, %(tsa)s, %(token)s, %(response)s,
       %(generated_at)s, %(certificates)s::bytea[], %(crls)s::bytea[], %(crl_failures)s::text[],
       %(verified_by)s, %(ends_at)s
  FROM log_stamps
 WHERE size = %(size)s

-- refuse_stamp --
INSERT INTO log_refused_stamps (at, tsa, step, raw)
VALUES (clock_timestamp(), %(tsa)s, %(step)s, %(raw)s)

-- tsa --
SELECT failures, failing_since, not_before, stopped, day, asked
  FROM log_tsa
 WHERE tsa = %(tsa)s

-- keep_tsa --
INSERT INTO log_tsa (tsa, failures, failing_since, not_before, stopped, day, asked)
VALUES (%(tsa)s, %(failures)s, %(failing_since)s, %(not_before)s, %(stopped)s, %(day)s, %(asked)s)
ON CONFLICT (tsa) DO UPDATE
   SET failures = excluded.failures, failing_since = excluded.failing_since,
       not_before = excluded.not_before, stopped = excluded.stopped,
       day = excluded.day, asked = excluded.asked

-- one_snapshot --
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY

-- log_size --
SELECT coalesce(max(position), 0) FROM stored_events

-- heads --
-- By the index, stream by stream: subjects and so streams lie in the order of time.
SELECT stream, seq, sha256('\x00'::bytea || state)
  FROM stored_events
 WHERE position <= %(size)s
 ORDER BY stream, seq

-- heads_between --
SELECT DISTINCT ON (stream) stream, seq, sha256('\x00'::bytea || state)
  FROM stored_events
 WHERE position <= %(size)s
   AND stream BETWEEN %(first)s AND %(last)s
 ORDER BY stream, seq DESC

-- keep_heads --
INSERT INTO log_heads (size, number, first, root)
SELECT %(size)s, number - 1, first, root
  FROM unnest(%(firsts)s::uuid[], %(roots)s::bytea[]) WITH ORDINALITY AS h (first, root, number)

-- drop_heads --
-- Of this size too: a crash may have come before its event.
DELETE FROM log_heads WHERE size <= %(size)s

-- heads_map --
SELECT first, root FROM log_heads WHERE size = %(size)s ORDER BY number

-- wait_seal --
SELECT pg_advisory_lock(%(lock)s, hashtext(%(schema)s)) IS NOT NULL

-- try_seal --
SELECT pg_try_advisory_lock(%(lock)s, hashtext(%(schema)s))
