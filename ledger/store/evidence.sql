-- Evidence behind acts, sealed. Schema: migrations/provider/0007.

-- keep --
INSERT INTO evidence (evidence, kind, captured_at, media_type, bytes, sealed, wrapped_key,
                      kek_epoch, uploaded_by)
VALUES (%(evidence)s, %(kind)s, %(captured_at)s, %(media_type)s, %(bytes)s, %(sealed)b,
        %(wrapped_key)s, %(kek_epoch)s, %(actor)s)
    ON CONFLICT (evidence) DO NOTHING

-- find --
SELECT e.evidence, e.kind, e.captured_at, e.media_type, e.bytes, e.uploaded_at
  FROM unnest(%(evidence)s::bytea[]) AS k (evidence)
 CROSS JOIN LATERAL (
       SELECT one.evidence, one.kind, one.captured_at, one.media_type, one.bytes,
              one.uploaded_at
         FROM evidence AS one
        WHERE one.evidence = k.evidence
        LIMIT 1
       ) AS e

-- open --
SELECT sealed, wrapped_key, kek_epoch
  FROM evidence
 WHERE evidence = %(evidence)s

-- destroy --
DELETE FROM evidence
 WHERE evidence = %(evidence)s
