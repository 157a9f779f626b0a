-- Reads of the oracle, each in one snapshot and in an order that an index already has.

-- one_snapshot --
SET TRANSACTION ISOLATION LEVEL REPEATABLE READ READ ONLY

-- log_in_order --
SELECT position, stream, seq, topic, state
  FROM stored_events
 ORDER BY position

-- streams_in_order --
SELECT position, stream, seq, topic, state
  FROM stored_events
 ORDER BY stream, seq

-- recipients_of --
SELECT subject, lookup, sealed_address, wrapped_key, kek_epoch
  FROM recipients
 WHERE subject = ANY (%(subjects)s)

-- standings --
SELECT c.subject, c.brand_code, c.recipient_type, c.channel, c.standing, c.waiting_at
  FROM unnest(%(subjects)s::uuid[], %(brands)s::bigint[], %(types)s::smallint[],
              %(channels)s::smallint[]) AS k (subject, brand_code, recipient_type, channel)
 CROSS JOIN LATERAL (
       SELECT one.subject, one.brand_code, one.recipient_type, one.channel, one.standing,
              one.waiting_at
         FROM current_consent AS one
        WHERE one.subject = k.subject
          AND one.brand_code = k.brand_code
          AND one.recipient_type = k.recipient_type
          AND one.channel = k.channel
        LIMIT 1
       ) AS c

-- counts --
SELECT (SELECT count(*) FROM current_consent),
       (SELECT count(*) FROM recipients),
       (SELECT count(*) FROM payloads)

-- commands_astray --
SELECT count(*)
  FROM commands
 WHERE positions = '{}'
    OR EXISTS (SELECT FROM unnest(positions) AS p (position)
                WHERE p.position NOT BETWEEN 1 AND %(size)s)

-- generations_astray --
SELECT count(*)
  FROM recipients
 WHERE closed_position NOT BETWEEN 1 AND %(size)s

-- suppressions --
SELECT position, subject, seq, kind, brand_code, channel, until
  FROM suppressions

-- decision_leaves --
SELECT chunk, leaves
  FROM decision_leaves
 WHERE decision = %(decision)s
   AND channel = %(channel)s
 ORDER BY chunk

-- brands_kept --
SELECT brand_code, closed
  FROM izin.brands
 WHERE iys_code = %(iys_code)s

-- texts --
SELECT id, version, kind, language, encode(sha256, 'hex'), position
  FROM texts

-- texts_without_content --
SELECT position
  FROM texts AS t
 WHERE NOT EXISTS (SELECT FROM text_contents AS c WHERE c.sha256 = t.sha256)

-- brand_events --
SELECT b.brand_code, b.channel, b.is_refusal,
       count(*) FILTER (WHERE b.last_position <> own.last),
       sum(own.events), sum(own.once), sum(own.twice)
  FROM brand_events AS b
 CROSS JOIN LATERAL (
       SELECT max(u.position) AS last, count(*) AS events, sum(u.position) AS once,
              sum(u.position::numeric * u.position) AS twice
         FROM unnest(b.positions) AS u (position)
       ) AS own
 GROUP BY b.brand_code, b.channel, b.is_refusal
