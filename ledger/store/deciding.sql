-- What may-I-send asks. Schema: migrations/provider.

-- one_snapshot --
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY

-- plan_for_many --
SELECT set_config('work_mem', '128MB', true), set_config('enable_hashjoin', 'off', true),
       set_config('enable_mergejoin', 'off', true)

-- circumstances --
SELECT coalesce((SELECT max(position) FROM stored_events), 0),
       (SELECT complete_at FROM iys_knowledge
         WHERE brand_code = %(brand)s AND channel = %(channel)s),
       coalesce((SELECT closed FROM izin.brands WHERE brand_code = %(brand)s), true),
       EXISTS (SELECT FROM suppressions),
       EXISTS (SELECT FROM iys_snapshot_lists
                WHERE brand_code = %(brand)s AND channel = %(channel)s
                  AND recipient_type = %(kind)s AND position IS NOT NULL)

-- current --
-- Each step by the key of its table and no further, whatever the planner believes of their sizes.
SELECT r.subject, r.generation, c.state, e.position, e.state, s.kind, l.granted, l.asked_at
  FROM unnest(%(lookups)s::bytea[], %(brands)s::bigint[], %(types)s::smallint[],
              %(channels)s::smallint[])
       WITH ORDINALITY AS k (lookup, brand_code, recipient_type, channel, number)
  LEFT JOIN LATERAL (
       SELECT subject, generation
         FROM recipients
        WHERE closed_position IS NULL
          AND lookup = k.lookup
        LIMIT 1
       ) AS r ON true
  LEFT JOIN LATERAL (
       SELECT position, state
         FROM current_consent
        WHERE subject = r.subject
          AND brand_code = k.brand_code
          AND recipient_type = k.recipient_type
          AND channel = k.channel
        LIMIT 1
       ) AS c ON true
  LEFT JOIN LATERAL (
       SELECT position, state
         FROM stored_events
        WHERE position = c.position
        LIMIT 1
       ) AS e ON true
  LEFT JOIN LATERAL (
       SELECT min(kind) AS kind
         FROM suppressions
        WHERE subject = r.subject
          AND (brand_code IS NULL OR brand_code = k.brand_code)
          AND (channel IS NULL OR channel = k.channel)
          AND (until IS NULL OR until > %(now)s)
       ) AS s ON true
  LEFT JOIN LATERAL (
       SELECT one.granted, list.asked_at
         FROM iys_snapshot AS one
         JOIN iys_snapshot_lists AS list USING (position)
        WHERE one.subject = r.subject
          AND one.brand_code = k.brand_code
          AND one.recipient_type = k.recipient_type
          AND one.channel = k.channel
        ORDER BY one.position DESC
        LIMIT 1
       ) AS l ON true
 ORDER BY k.number

-- current_one --
-- The same for one: half the work of getting ready.
SELECT r.subject, r.generation, c.state, e.position, e.state,
       (SELECT min(kind)
          FROM suppressions
         WHERE subject = r.subject
           AND (brand_code IS NULL OR brand_code = %(brand)s)
           AND (channel IS NULL OR channel = %(channel)s)
           AND (until IS NULL OR until > %(now)s)),
       l.granted, l.asked_at
  FROM recipients AS r
  LEFT JOIN LATERAL (
       SELECT position, state
         FROM current_consent
        WHERE subject = r.subject
          AND brand_code = %(brand)s
          AND recipient_type = %(type)s
          AND channel = %(channel)s
        LIMIT 1
       ) AS c ON true
  LEFT JOIN LATERAL (
       SELECT position, state
         FROM stored_events
        WHERE position = c.position
        LIMIT 1
       ) AS e ON true
  LEFT JOIN LATERAL (
       SELECT one.granted, list.asked_at
         FROM iys_snapshot AS one
         JOIN iys_snapshot_lists AS list USING (position)
        WHERE one.subject = r.subject
          AND one.brand_code = %(brand)s
          AND one.recipient_type = %(type)s
          AND one.channel = %(channel)s
        ORDER BY one.position DESC
        LIMIT 1
       ) AS l ON true
 WHERE r.closed_position IS NULL
   AND r.lookup = %(lookup)s

-- states_at --
SELECT position, state
  FROM stored_events
 WHERE position = ANY (%(positions)s)

-- iys_knowledge --
SELECT brand_code, channel, complete_at
  FROM iys_knowledge

-- individuals --
-- How a merchant stands as an individual (C6 row 15).
SELECT c.standing
  FROM unnest(%(subjects)s::uuid[], %(brands)s::bigint[], %(channels)s::smallint[])
       WITH ORDINALITY AS k (subject, brand_code, channel, number)
  LEFT JOIN LATERAL (
       SELECT standing
         FROM current_consent
        WHERE subject = k.subject
          AND brand_code = k.brand_code
          AND recipient_type = 1
          AND channel = k.channel
        LIMIT 1
       ) AS c ON true
 ORDER BY k.number

-- standings --
-- Sorted before each look-up, so that neighbours ask the same page: the index of look-ups holds the
-- subject, and subjects lie in the table by the time they came.
WITH asked AS MATERIALIZED (
     SELECT i, substr(%(lookups)s::bytea, 1 + 32 * i, 32) AS lookup
       FROM generate_series(0, %(last)s::integer) AS i
      ORDER BY lookup
     ),
     found AS MATERIALIZED (
     SELECT a.i, r.subject
       FROM asked AS a
       JOIN recipients AS r ON r.lookup = a.lookup AND r.closed_position IS NULL
      ORDER BY r.subject
     )
SELECT f.i, c.standing, c.waiting_at
  FROM found AS f
  JOIN current_consent AS c
    ON c.subject = f.subject
   AND c.brand_code = %(brand)s
   AND c.recipient_type = %(kind)s
   AND c.channel = %(channel)s

-- standings_and_more --
-- As `standings`, with what bars besides and what İYS's lists say; asked for where the company's
-- own list, or İYS's of this kind, have anything at all.
WITH asked AS MATERIALIZED (
     SELECT i, substr(%(lookups)s::bytea, 1 + 32 * i, 32) AS lookup
       FROM generate_series(0, %(last)s::integer) AS i
      ORDER BY lookup
     ),
     found AS MATERIALIZED (
     SELECT a.i, r.subject
       FROM asked AS a
       JOIN recipients AS r ON r.lookup = a.lookup AND r.closed_position IS NULL
      ORDER BY r.subject
     )
SELECT f.i, c.standing, c.waiting_at, s.kind, l.granted
  FROM found AS f
  LEFT JOIN current_consent AS c
    ON c.subject = f.subject
   AND c.brand_code = %(brand)s
   AND c.recipient_type = %(kind)s
   AND c.channel = %(channel)s
  LEFT JOIN LATERAL (
       SELECT min(one.kind) AS kind
         FROM suppressions AS one
        WHERE %(has_list)s::boolean
          AND one.subject = f.subject
          AND (one.brand_code IS NULL OR one.brand_code = %(brand)s)
          AND (one.channel IS NULL OR one.channel = %(channel)s)
          AND (one.until IS NULL OR one.until > %(now)s)
       ) AS s ON true
  LEFT JOIN LATERAL (
       SELECT one.granted
         FROM iys_snapshot AS one
        WHERE %(has_listings)s::boolean
          AND one.subject = c.subject
          AND one.brand_code = %(brand)s
          AND one.recipient_type = %(kind)s
          AND one.channel = %(channel)s
        ORDER BY one.position DESC
        LIMIT 1
       ) AS l ON true
 WHERE c.subject IS NOT NULL
    OR s.kind IS NOT NULL

-- states_and_listings --
-- Of consents whose standing does not tell what a list makes of it.
SELECT f.i, c.state, l.granted, l.asked_at
  FROM unnest(%(numbers)s::integer[], %(lookups)s::bytea[]) AS f (i, lookup)
 CROSS JOIN LATERAL (
       SELECT subject
         FROM recipients
        WHERE closed_position IS NULL
          AND lookup = f.lookup
        LIMIT 1
       ) AS r
 CROSS JOIN LATERAL (
       SELECT state
         FROM current_consent
        WHERE subject = r.subject
          AND brand_code = %(brand)s
          AND recipient_type = %(kind)s
          AND channel = %(channel)s
        LIMIT 1
       ) AS c
 CROSS JOIN LATERAL (
       SELECT one.granted, list.asked_at
         FROM iys_snapshot AS one
         JOIN iys_snapshot_lists AS list USING (position)
        WHERE one.subject = r.subject
          AND one.brand_code = %(brand)s
          AND one.recipient_type = %(kind)s
          AND one.channel = %(channel)s
        ORDER BY one.position DESC
        LIMIT 1
       ) AS l

-- refused_individuals --
SELECT f.i
  FROM unnest(%(numbers)s::integer[], %(lookups)s::bytea[]) AS f (i, lookup)
  JOIN recipients AS r ON r.lookup = f.lookup AND r.closed_position IS NULL
  JOIN current_consent AS c
    ON c.subject = r.subject
   AND c.brand_code = %(brand)s
   AND c.recipient_type = 1
   AND c.channel = %(channel)s
 WHERE c.standing ~ '^(6|7|8|10) '

-- note_iys_complete --
INSERT INTO iys_knowledge (brand_code, channel, complete_at)
VALUES (%(brand)s, %(channel)s, %(at)s)
    ON CONFLICT (brand_code, channel)
    DO UPDATE SET complete_at = greatest(iys_knowledge.complete_at, EXCLUDED.complete_at)

-- copy_leaves --
COPY decision_leaves (decision, channel, chunk, leaves) FROM STDIN (FORMAT BINARY)

-- leaves --
SELECT leaves
  FROM decision_leaves
 WHERE decision = %(decision)s
   AND channel = %(channel)s
 ORDER BY chunk

-- listings_of --
-- Every list's word on one consent, the oldest first.
SELECT one.position, one.granted, list.asked_at
  FROM iys_snapshot AS one
  JOIN iys_snapshot_lists AS list USING (position)
 WHERE one.subject = %(subject)s
   AND one.brand_code = %(brand)s
   AND one.recipient_type = %(kind)s
   AND one.channel = %(channel)s
 ORDER BY one.position
