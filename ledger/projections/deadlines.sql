-- What runs late, read from `iys_outbox` and `confirmations`: each whole table once, without an
-- index that every act would have to pay for.

-- whole_tables --
-- Here a sequential scan is what is wanted, and few groups, whatever the planner guesses.
SELECT set_config('enable_seqscan', 'on', true), set_config('enable_sort', 'off', true),
       set_config('max_parallel_workers_per_gather', '0', true)

-- waiting_counts --
SELECT brand_code, channel, consent_status,
       count(*),
       count(*) FILTER (WHERE due_internal >= %(now)s AND due_internal < %(soon)s),
       count(*) FILTER (WHERE due_internal < %(now)s),
       count(*) FILTER (WHERE due_iys_reading < %(now)s),
       count(*) FILTER (WHERE due_legal_latest < %(now)s),
       min(due_internal) FILTER (WHERE due_internal >= %(now)s),
       min(position)
  FROM iys_outbox
 WHERE %(brand)s::bigint IS NULL OR brand_code = %(brand)s
 GROUP BY brand_code, channel, consent_status
 ORDER BY brand_code, channel, consent_status DESC

-- events_at --
-- By their key, on a connection that never scans the log.
SELECT position, stream, seq, topic, state
  FROM stored_events
 WHERE position = ANY (%(positions)s::bigint[])

-- confirmation_counts --
SELECT brand_code, channel,
       count(*) FILTER (WHERE due >= %(now)s AND sent_at IS NULL),
       count(*) FILTER (WHERE due < %(now)s AND sent_at IS NULL),
       count(*) FILTER (WHERE sent_at IS NOT NULL)
  FROM confirmations
 WHERE %(brand)s::bigint IS NULL OR brand_code = %(brand)s
 GROUP BY brand_code, channel
 ORDER BY brand_code, channel

-- waiting_rows --
SELECT position, stream, brand_code, channel, recipient_type, consent_status,
       due_internal, due_iys_reading, due_legal_latest
  FROM iys_outbox
 WHERE due_internal < %(until)s
   AND (%(brand)s::bigint IS NULL OR brand_code = %(brand)s)
 ORDER BY due_internal, position
 LIMIT %(limit)s

-- confirmation_rows --
SELECT position, stream, brand_code, channel, due
  FROM confirmations
 WHERE due < %(until)s
   AND sent_at IS NULL
   AND (%(brand)s::bigint IS NULL OR brand_code = %(brand)s)
 ORDER BY due, position
 LIMIT %(limit)s
