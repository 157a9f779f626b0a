-- Lists of bulk status and what is asked about singly. Schema: store/migrations/provider/0017.

-- newest_adoption --
SELECT id, brand_code, begun_at, asked_at, skipped, approvals, rejections, total, ended_at
  FROM iys_adoptions
 WHERE brand_code = %(brand)s
 ORDER BY begun_at DESC, id DESC
 LIMIT 1

-- under_way --
SELECT count(*)
  FROM iys_adoptions AS a
 WHERE a.ended_at IS NULL
   AND a.begun_at > %(since)s
   AND a.begun_at = (SELECT max(begun_at) FROM iys_adoptions WHERE brand_code = a.brand_code)

-- begin_adoption --
INSERT INTO iys_adoptions (id, brand_code, begun_at)
VALUES (%(id)s, %(brand)s, %(at)s)

-- note_asked --
UPDATE iys_adoptions
   SET asked_at = %(at)s, skipped = %(skipped)s
 WHERE id = %(id)s

-- note_counted --
UPDATE iys_adoptions
   SET approvals = %(approvals)s, rejections = %(rejections)s, total = %(total)s
 WHERE id = %(id)s

-- note_ended --
UPDATE iys_adoptions
   SET ended_at = %(at)s
 WHERE id = %(id)s

-- keys_behind --
-- By the primary key from a subject on; a provider's brands lie side by side in it.
SELECT c.subject, c.standing
  FROM current_consent AS c
 CROSS JOIN LATERAL (
       SELECT subject
         FROM recipients
        WHERE subject = c.subject
          AND closed_position IS NULL
        LIMIT 1
       ) AS r
 WHERE c.subject > %(after)s
   AND c.brand_code = %(brand)s
   AND c.recipient_type = %(kind)s
   AND c.channel = %(channel)s
 ORDER BY c.subject
 LIMIT %(limit)s

-- last_asked --
SELECT substr(subjects, octet_length(subjects) - 15)
  FROM iys_snapshot_lists
 WHERE adoption = %(adoption)s
   AND recipient_type = %(kind)s
   AND channel = %(channel)s
   AND position IS NOT NULL
 ORDER BY position DESC
 LIMIT 1

-- add_list --
INSERT INTO iys_snapshot_lists
       (id, adoption, brand_code, recipient_type, channel, asked_at, subjects, flags, skipped)
VALUES (%(id)s, %(adoption)s, %(brand)s, %(kind)s, %(channel)s, %(asked_at)s, %(subjects)s,
        %(flags)s, %(skipped)s)

-- staged --
SELECT id
  FROM iys_snapshot_lists
 WHERE adoption = %(adoption)s
   AND position IS NULL

-- position_of --
SELECT positions[1]
  FROM commands
 WHERE command = %(command)s

-- place_list --
UPDATE iys_snapshot_lists
   SET position = %(position)s
 WHERE id = %(id)s
   AND position IS NULL

-- apply_list --
INSERT INTO iys_snapshot (subject, brand_code, position, recipient_type, channel, granted)
SELECT encode(substr(list.subjects, 1 + 16 * i, 16), 'hex')::uuid, list.brand_code, list.position,
       list.recipient_type, list.channel, get_byte(list.flags, i) & 1 = 1
  FROM iys_snapshot_lists AS list
 CROSS JOIN LATERAL generate_series(0, octet_length(list.flags) - 1) AS i
 WHERE list.id = %(id)s

-- queue_absent --
-- Whoever consents here and is not listed goes first.
INSERT INTO iys_lookups AS q
       (subject, brand_code, recipient_type, channel, rank, queued_at)
SELECT encode(substr(list.subjects, 1 + 16 * i, 16), 'hex')::uuid, list.brand_code,
       list.recipient_type, list.channel, get_byte(list.flags, i) >> 1, list.asked_at
  FROM iys_snapshot_lists AS list
 CROSS JOIN LATERAL generate_series(0, octet_length(list.flags) - 1) AS i
 WHERE list.id = %(id)s
   AND get_byte(list.flags, i) & 1 = 0
    ON CONFLICT (subject, brand_code, recipient_type, channel)
    DO UPDATE SET rank = EXCLUDED.rank, queued_at = EXCLUDED.queued_at

-- forget_listed --
-- A list's yes answers what an older list's no had asked.
DELETE FROM iys_lookups
 WHERE ctid = ANY (ARRAY (
       SELECT q.place
         FROM iys_snapshot_lists AS list
        CROSS JOIN LATERAL generate_series(0, octet_length(list.flags) - 1) AS i
        CROSS JOIN LATERAL (
              SELECT ctid AS place
                FROM iys_lookups
               WHERE subject = encode(substr(list.subjects, 1 + 16 * i, 16), 'hex')::uuid
                 AND brand_code = list.brand_code
                 AND recipient_type = list.recipient_type
                 AND channel = list.channel
               LIMIT 1
              ) AS q
        WHERE list.id = %(id)s
          AND get_byte(list.flags, i) & 1 = 1))

-- queue_apart --
INSERT INTO iys_lookups (subject, brand_code, recipient_type, channel, rank, queued_at)
SELECT subject, %(brand)s, %(kind)s, %(channel)s, 0, %(at)s
  FROM unnest(%(subjects)s::uuid[]) AS k (subject)
    ON CONFLICT (subject, brand_code, recipient_type, channel) DO NOTHING

-- next_lookups --
SELECT subject, brand_code, recipient_type, channel, queued_at
  FROM iys_lookups
 WHERE brand_code = %(brand)s
 ORDER BY rank, queued_at
 LIMIT %(limit)s

-- next_apart --
-- Of second and later holders there are few; whoever was erased has no row.
SELECT q.subject, q.brand_code, q.recipient_type, q.channel, q.queued_at
  FROM iys_lookups AS q
  JOIN recipients AS r USING (subject)
 WHERE q.brand_code = %(brand)s
   AND r.generation > 1
 ORDER BY q.rank, q.queued_at
 LIMIT %(limit)s

-- lookups_waiting --
SELECT count(*)
  FROM iys_lookups
 WHERE brand_code = %(brand)s

-- end_lookups --
DELETE FROM iys_lookups
 WHERE ctid = ANY (ARRAY (
       SELECT q.place
         FROM unnest(%(subjects)s::uuid[], %(brands)s::bigint[], %(types)s::smallint[],
                     %(channels)s::smallint[]) AS k (subject, brand_code, recipient_type, channel)
        CROSS JOIN LATERAL (
              SELECT ctid AS place
                FROM iys_lookups
               WHERE subject = k.subject
                 AND brand_code = k.brand_code
                 AND recipient_type = k.recipient_type
                 AND channel = k.channel
               LIMIT 1
              ) AS q))

-- list_sizes --
SELECT position, octet_length(flags)
  FROM iys_snapshot_lists
 WHERE adoption = %(adoption)s
   AND position IS NOT NULL
 ORDER BY position

-- sample --
INSERT INTO iys_samples
       (adoption, number, subject, recipient_type, channel, granted, asked_at)
SELECT list.adoption, k.number, encode(substr(list.subjects, 1 + 16 * k.place, 16), 'hex')::uuid,
       list.recipient_type, list.channel, get_byte(list.flags, k.place) & 1 = 1, list.asked_at
  FROM unnest(%(positions)s::bigint[], %(places)s::integer[])
       WITH ORDINALITY AS k (position, place, number)
  JOIN iys_snapshot_lists AS list ON list.position = k.position

-- samples --
SELECT s.number, s.subject, a.brand_code, s.recipient_type, s.channel, s.granted, s.asked_at,
       s.outcome
  FROM iys_samples AS s
  JOIN iys_adoptions AS a ON a.id = s.adoption
 WHERE s.adoption = %(adoption)s
 ORDER BY s.number

-- end_sample --
UPDATE iys_samples
   SET outcome = %(outcome)s
 WHERE adoption = %(adoption)s
   AND number = %(number)s

-- figures --
-- `flags` hold 0…3 each: 1 listed, 2 refused here.
SELECT recipient_type, channel, count(*), sum(skipped)::bigint, sum(octet_length(flags))::bigint,
       sum(own.listed)::bigint, sum(own.refused)::bigint, sum(own.refused_listed)::bigint,
       array_agg(position ORDER BY position)
  FROM iys_snapshot_lists AS list
 CROSS JOIN LATERAL (
       SELECT count(*) FILTER (WHERE get_byte(list.flags, i) & 1 = 1) AS listed,
              count(*) FILTER (WHERE get_byte(list.flags, i) >= 2) AS refused,
              count(*) FILTER (WHERE get_byte(list.flags, i) = 3) AS refused_listed
         FROM generate_series(0, octet_length(list.flags) - 1) AS i
       ) AS own
 WHERE adoption = %(adoption)s
   AND position IS NOT NULL
 GROUP BY recipient_type, channel
 ORDER BY channel, recipient_type

-- list_at --
SELECT brand_code, recipient_type, channel, asked_at, subjects, flags
  FROM iys_snapshot_lists
 WHERE position = %(position)s

-- rows_of_list --
-- Rows of a list as they would be written from it, and those that are there.
SELECT count(*), count(s.subject)
  FROM iys_snapshot_lists AS list
 CROSS JOIN LATERAL generate_series(0, octet_length(list.flags) - 1) AS i
  LEFT JOIN LATERAL (
       SELECT subject
         FROM iys_snapshot
        WHERE subject = encode(substr(list.subjects, 1 + 16 * i, 16), 'hex')::uuid
          AND brand_code = list.brand_code
          AND recipient_type = list.recipient_type
          AND channel = list.channel
          AND position = list.position
          AND granted = (get_byte(list.flags, i) & 1 = 1)
        LIMIT 1
       ) AS s ON true
 WHERE list.position = %(position)s

-- totals --
SELECT (SELECT count(*) FROM iys_snapshot_lists WHERE position IS NOT NULL),
       (SELECT count(*) FROM iys_snapshot)

-- staged_everywhere --
SELECT id
  FROM iys_snapshot_lists
 WHERE position IS NULL
