-- Which events concern a brand and a channel. Schema: migrations/provider/0009.

-- add --
INSERT INTO brand_events (brand_code, channel, is_refusal, last_position, positions)
SELECT n.brand_code, n.channel, n.is_refusal, n.last_position, n.positions::bigint[]
  FROM unnest(%(brands)s::bigint[], %(channels)s::smallint[], %(refusals)s::boolean[],
              %(lasts)s::bigint[], %(positions)s::text[])
       AS n (brand_code, channel, is_refusal, last_position, positions)

-- page --
-- Of each place its next ones by the index, then the first of all of them.
SELECT p.position, k.channel
  FROM unnest(%(brands)s::bigint[], %(channels)s::smallint[], %(refusals)s::boolean[])
       AS k (brand_code, channel, is_refusal)
 CROSS JOIN LATERAL (
       SELECT u.position
         FROM (SELECT last_position, positions
                 FROM brand_events
                WHERE brand_code = k.brand_code
                  AND channel = k.channel
                  AND is_refusal = k.is_refusal
                  AND last_position > %(after)s
                ORDER BY last_position
                LIMIT %(limit)s
              ) AS r
        CROSS JOIN LATERAL unnest(r.positions) AS u (position)
        WHERE u.position > %(after)s
          AND u.position <= %(until)s
        ORDER BY r.last_position, u.position
        LIMIT %(limit)s
       ) AS p
 ORDER BY p.position
 LIMIT %(limit)s
