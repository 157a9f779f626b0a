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

-- brands_kept --
SELECT brand_code, closed
  FROM izin.brands
 WHERE iys_code = %(iys_code)s
