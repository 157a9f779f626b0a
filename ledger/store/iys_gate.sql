-- The gate towards İYS. Schema: migrations/izin/0004.

-- take_slot --
-- Not worth a flush: after a crash the pace begins anew. A clock that stepped holds nobody for
-- long.
WITH quick AS (SELECT set_config('synchronous_commit', 'off', true) AS off)
INSERT INTO izin.iys_gates AS g (host, next_slot)
SELECT %(host)s, clock_timestamp() + %(spacing)s::interval FROM quick
    ON CONFLICT (host) DO UPDATE
   SET next_slot = least(greatest(g.next_slot, clock_timestamp()),
                         clock_timestamp() + %(queue_max)s::interval) + %(spacing)s::interval
RETURNING extract(epoch FROM next_slot - %(spacing)s::interval - clock_timestamp())::float8

-- move_slots --
WITH quick AS (SELECT set_config('synchronous_commit', 'off', true) AS off)
UPDATE izin.iys_gates
   SET next_slot = next_slot + %(late)s::interval
  FROM quick
 WHERE host = %(host)s

-- count --
WITH quick AS (SELECT set_config('synchronous_commit', 'off', true) AS off)
INSERT INTO izin.iys_minutes AS m
       (host, minute, requests, failures, tokens, statuses, histories)
SELECT %(host)s, date_trunc('minute', %(now)s::timestamptz), %(requests)s, %(failures)s,
       %(tokens)s, %(statuses)s, %(histories)s
  FROM quick
    ON CONFLICT (host, minute) DO UPDATE
   SET requests = m.requests + EXCLUDED.requests, failures = m.failures + EXCLUDED.failures,
       tokens = m.tokens + EXCLUDED.tokens, statuses = m.statuses + EXCLUDED.statuses,
       histories = m.histories + EXCLUDED.histories

-- hour --
-- Minutes that the last 60 of `now` reach into, and the oldest that counts of each kind. Another
-- process's clock may be ahead.
SELECT coalesce(sum(tokens), 0)::bigint, min(minute) FILTER (WHERE tokens > 0),
       coalesce(sum(statuses), 0)::bigint, min(minute) FILTER (WHERE statuses > 0),
       coalesce(sum(histories), 0)::bigint, min(minute) FILTER (WHERE histories > 0)
  FROM izin.iys_minutes
 WHERE host = %(host)s
   AND minute > %(now)s::timestamptz - interval '61 minutes'
   AND minute < %(now)s::timestamptz + interval '10 minutes'

-- day --
SELECT coalesce(sum(requests), 0)::bigint, coalesce(sum(failures), 0)::bigint
  FROM izin.iys_minutes
 WHERE host = %(host)s
   AND minute > %(now)s::timestamptz - interval '24 hours'
   AND minute < %(now)s::timestamptz + interval '10 minutes'

-- forget --
DELETE FROM izin.iys_minutes
 WHERE host = %(host)s AND minute < %(now)s::timestamptz - interval '25 hours'

-- halted --
-- What lies further ahead was written by a clock that was wrong.
SELECT halted_until, halted_why
  FROM izin.iys_gates
 WHERE host = %(host)s
   AND halted_until > %(now)s::timestamptz
   AND halted_until < %(now)s::timestamptz + interval '2 hours'

-- halt --
INSERT INTO izin.iys_gates AS g (host, next_slot, halted_until, halted_why)
VALUES (%(host)s, clock_timestamp(), %(until)s, %(why)s)
    ON CONFLICT (host) DO UPDATE
   SET halted_until = EXCLUDED.halted_until, halted_why = EXCLUDED.halted_why
 WHERE g.halted_until IS NULL
    OR g.halted_until NOT BETWEEN EXCLUDED.halted_until
                              AND EXCLUDED.halted_until + interval '2 hours'
