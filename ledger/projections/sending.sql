-- Statements of what is on its way to İYS. Schema: store/migrations/provider/0012.

-- taken --
SELECT position FROM iys_taken

-- take_in --
WITH fresh AS MATERIALIZED (
     SELECT position, brand_code, consent_status = %(refused)s AS is_refusal,
            coalesce(due_iys_reading, 'infinity') AS due
       FROM iys_outbox
      WHERE position > %(taken)s
      ORDER BY position
      LIMIT %(limit)s
), added AS (
     INSERT INTO iys_to_send (position, brand_code, is_refusal, due)
     SELECT position, brand_code, is_refusal, due FROM fresh
     ON CONFLICT (position) DO NOTHING
)
SELECT count(*), max(position) FROM fresh

-- note_taken --
UPDATE iys_taken SET position = %(position)s WHERE position < %(position)s

-- drop_gone --
DELETE FROM iys_to_send AS q
 WHERE NOT EXISTS (SELECT FROM iys_outbox AS o WHERE o.position = q.position)

-- follow_corrections --
UPDATE iys_to_send AS q
   SET due = coalesce(o.due_iys_reading, 'infinity')
  FROM iys_outbox AS o
 WHERE o.position = q.position
   AND q.due <> coalesce(o.due_iys_reading, 'infinity')

-- put_back_lost --
-- What waits and is nowhere: a backup was put back, or these tables were emptied.
INSERT INTO iys_to_send (position, brand_code, is_refusal, due)
SELECT o.position, o.brand_code, o.consent_status = %(refused)s,
       coalesce(o.due_iys_reading, 'infinity')
  FROM iys_outbox AS o
 WHERE o.position <= (SELECT position FROM iys_taken)
   AND NOT EXISTS (SELECT FROM iys_to_send AS q WHERE q.position = o.position)
   AND o.position NOT IN (SELECT unnest(positions) FROM iys_requests)

-- by_the_index --
-- The queue is read in the order of its index: statistics of a table that fills and empties within
-- minutes would have it sorted whole. Until the transaction ends.
SELECT set_config('enable_bitmapscan', 'off', true), set_config('enable_sort', 'off', true)

-- front --
-- Refusals first, each kind by its deadline; what is past it has its own turn.
(SELECT position
   FROM iys_to_send
  WHERE brand_code = %(brand_code)s AND is_refusal
    AND due >= %(now)s AND not_before <= %(now)s
  ORDER BY due, position
  LIMIT %(limit)s)
UNION ALL
(SELECT position
   FROM iys_to_send
  WHERE brand_code = %(brand_code)s AND NOT is_refusal
    AND due >= %(now)s AND not_before <= %(now)s
  ORDER BY due, position
  LIMIT %(limit)s)
LIMIT %(limit)s

-- overdue --
(SELECT position
   FROM iys_to_send
  WHERE brand_code = %(brand_code)s AND is_refusal
    AND due < %(now)s AND not_before <= %(now)s
  ORDER BY due, position
  LIMIT %(limit)s)
UNION ALL
(SELECT position
   FROM iys_to_send
  WHERE brand_code = %(brand_code)s AND NOT is_refusal
    AND due < %(now)s AND not_before <= %(now)s
  ORDER BY due, position
  LIMIT %(limit)s)
LIMIT %(limit)s

-- rows --
-- With all that waits for the same address and channel, under whichever subject (C1): İYS writes
-- one movement of these a second (R23). What waits and is not to be sent is with İYS. OFFSET 0 has
-- each row looked up by its key; the planner, left alone, would read whole tables.
SELECT o.position, o.stream, o.seq, o.subject, o.brand_code, o.recipient_type, o.channel,
       o.consent_status, o.consent_date, o.source, o.due_iys_reading, r.lookup, o.tries,
       k.others, k.is_one_out
  FROM unnest(%(positions)s::bigint[]) AS p (position)
 CROSS JOIN LATERAL (
       SELECT o.position, o.stream, o.seq, o.subject, o.brand_code, o.recipient_type, o.channel,
              o.consent_status, o.consent_date, o.source, o.due_iys_reading, q.tries
         FROM iys_outbox AS o
         JOIN iys_to_send AS q USING (position)
        WHERE o.position = p.position
       OFFSET 0) AS o
  LEFT JOIN LATERAL (
       SELECT lookup, generation = 1 AND closed_position IS NULL AS is_only
         FROM recipients WHERE subject = o.subject OFFSET 0) AS r ON true
 CROSS JOIN LATERAL (
       SELECT array_agg(s.position) FILTER (WHERE q.position IS NOT NULL) AS others,
              coalesce(bool_or(q.position IS NULL), false) AS is_one_out
         FROM (SELECT o.subject WHERE r.is_only
               UNION ALL
               SELECT subject FROM recipients
                WHERE NOT r.is_only AND lookup = r.lookup AND closed_position IS NULL
               UNION ALL
               SELECT subject FROM recipients
                WHERE NOT r.is_only AND lookup = r.lookup AND closed_position IS NOT NULL
               OFFSET 0) AS a
        CROSS JOIN LATERAL (
              SELECT position FROM iys_outbox
               WHERE subject = a.subject AND brand_code = o.brand_code AND channel = o.channel
              OFFSET 0) AS s
         LEFT JOIN LATERAL (
              SELECT position FROM iys_to_send WHERE position = s.position OFFSET 0) AS q ON true
        WHERE s.position <> o.position
          AND s.position <= %(taken)s
       ) AS k

-- waiting --
SELECT o.position, o.stream, o.seq, o.subject, o.brand_code, o.recipient_type, o.channel,
       o.consent_status, o.consent_date, o.source, o.due_iys_reading
  FROM unnest(%(positions)s::bigint[]) AS p (position)
 CROSS JOIN LATERAL (
       SELECT position, stream, seq, subject, brand_code, recipient_type, channel,
              consent_status, consent_date, source, due_iys_reading
         FROM iys_outbox WHERE position = p.position OFFSET 0) AS o

-- dequeue --
DELETE FROM iys_to_send WHERE position = ANY (%(positions)s::bigint[])

-- add_request --
INSERT INTO iys_requests
       (brand_code, positions, consent_dates, sources, code, sent_at, look_at, is_uncertain, tries)
VALUES (%(brand_code)s, %(positions)s, %(consent_dates)s, %(sources)s, %(code)s, %(sent_at)s,
        %(look_at)s, %(is_uncertain)s, %(tries)s)
RETURNING id

-- defer --
UPDATE iys_to_send AS q
   SET not_before = n.until
  FROM unnest(%(positions)s::bigint[], %(until)s::timestamptz[]) AS n (position, until)
 WHERE q.position = n.position

-- requests_due --
-- Whoever looks has until `again_at` for it. What has neither İYS's name nor a code was sent,
-- maybe: its sender did not come back.
UPDATE iys_requests
   SET look_at = %(again_at)s,
       is_uncertain = is_uncertain OR (request_id IS NULL AND code IS NULL)
 WHERE id IN (SELECT id FROM iys_requests
               WHERE look_at <= %(now)s AND brand_code <> ALL (%(halted)s::bigint[])
               ORDER BY look_at LIMIT %(limit)s)
RETURNING id, brand_code, positions, consent_dates, sources, request_id, code, sent_at,
          is_uncertain, tries

-- accepted --
UPDATE iys_requests
   SET positions = %(positions)s, consent_dates = %(consent_dates)s, sources = %(sources)s,
       request_id = %(request_id)s, sent_at = %(sent_at)s, look_at = %(look_at)s
 WHERE id = %(id)s

-- look_again --
UPDATE iys_requests
   SET look_at = %(look_at)s, positions = %(positions)s, consent_dates = %(consent_dates)s,
       sources = %(sources)s, request_id = %(request_id)s, is_uncertain = %(is_uncertain)s,
       tries = %(tries)s
 WHERE id = %(id)s

-- end_request --
DELETE FROM iys_requests WHERE id = %(id)s

-- requeue --
INSERT INTO iys_to_send (position, brand_code, is_refusal, due, not_before, tries)
SELECT o.position, o.brand_code, o.consent_status = %(refused)s,
       coalesce(o.due_iys_reading, 'infinity'), %(not_before)s, %(tries)s
  FROM iys_outbox AS o
 WHERE o.position = ANY (%(positions)s::bigint[])
ON CONFLICT (position) DO NOTHING

-- halt --
INSERT INTO iys_push_brands (brand_code, halted_until, halted_code)
VALUES (%(brand_code)s, %(until)s, %(code)s)
ON CONFLICT (brand_code) DO UPDATE
   SET halted_until = EXCLUDED.halted_until, halted_code = EXCLUDED.halted_code

-- halts --
SELECT brand_code, halted_until, halted_code
  FROM iys_push_brands
 WHERE halted_until > %(now)s

-- overdue_tries --
SELECT coalesce((SELECT overdue_tries FROM iys_push_brands
                  WHERE brand_code = %(brand_code)s AND overdue_on = %(day)s), 0)

-- count_overdue --
INSERT INTO iys_push_brands AS b (brand_code, overdue_on, overdue_tries)
VALUES (%(brand_code)s, %(day)s, %(tries)s)
ON CONFLICT (brand_code) DO UPDATE
   SET overdue_tries = EXCLUDED.overdue_tries
                     + CASE WHEN b.overdue_on = EXCLUDED.overdue_on THEN b.overdue_tries ELSE 0 END,
       overdue_on = EXCLUDED.overdue_on
