-- Refusals that wait for an officer. Schema: migrations/provider/0005.

-- refer --
-- What was decided on and is said again waits again. What is said again while it waits counts from
-- then: dated by the first time it would be older than a consent that came in between.
INSERT INTO referred_refusals (id, at, actor, brand_code, sealed)
VALUES (%(id)s, %(at)s, %(actor)s, %(brand)s, %(sealed)s)
    ON CONFLICT (id)
    DO UPDATE SET settled_at = NULL, settled_by = NULL,
                  at = greatest(referred_refusals.at, EXCLUDED.at)

-- waiting --
SELECT id, at, actor, brand_code, sealed
  FROM referred_refusals
 WHERE settled_at IS NULL
 ORDER BY at, id

-- settle --
UPDATE referred_refusals
   SET settled_at = clock_timestamp(), settled_by = %(actor)s
 WHERE id = %(id)s
   AND settled_at IS NULL
