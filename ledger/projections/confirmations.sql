-- Statements of the projection `confirmations`. Schema: store/migrations/provider/0016.

-- load_rows --
SELECT c.position, c.stream, c.seq, c.brand_code, c.channel, c.acted_at, c.due, c.sent_at
  FROM unnest(%(streams)s::uuid[]) AS k (stream)
  JOIN confirmations AS c USING (stream)

-- all_rows --
-- Stream by stream, as fsck reads the log.
SELECT position, stream, seq, brand_code, channel, acted_at, due, sent_at
  FROM confirmations
 ORDER BY stream, seq

-- delete_rows --
DELETE FROM confirmations WHERE position = ANY (%(positions)s::bigint[])

-- update_rows --
UPDATE confirmations AS c
   SET acted_at = n.acted_at, due = n.due, sent_at = n.sent_at
  FROM unnest(%(position)s::bigint[], %(acted_at)s::timestamptz[], %(due)s::timestamptz[],
              %(sent_at)s::timestamptz[])
       AS n (position, acted_at, due, sent_at)
 WHERE c.position = n.position

-- copy_rows --
COPY confirmations (position, stream, seq, brand_code, channel, acted_at, due, sent_at)
  FROM STDIN (FORMAT BINARY)

-- empty --
DELETE FROM confirmations
