-- Refusals that wait for an officer. Schema: migrations/provider/0005.

-- refer --
INSERT INTO referred_refusals (id, at, actor, brand_code, sealed)
VALUES (%(id)s, %(at)s, %(actor)s, %(brand)s, %(sealed)s)
    ON CONFLICT (id) DO NOTHING

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
