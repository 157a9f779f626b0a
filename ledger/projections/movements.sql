-- Statements of the projection `iys_movements`. Schema: store/migrations/provider/0014.

-- copy_rows --
COPY iys_movements (position, brand_code, creation_date, subject) FROM STDIN (FORMAT BINARY)

-- all_rows --
SELECT position, brand_code, creation_date, subject
  FROM iys_movements
 ORDER BY position

-- empty --
DELETE FROM iys_movements

-- first_of_brand --
SELECT min(creation_date) FROM iys_movements WHERE brand_code = %(brand_code)s

-- block --
-- A look-up by the index for each row; a person who was erased has no row, and no payload either.
SELECT m.position, m.creation_date, m.subject, e.state, p.sealed, r.sealed_address, r.wrapped_key,
       r.kek_epoch
  FROM (SELECT position, creation_date, subject
          FROM iys_movements
         WHERE brand_code = %(brand_code)s
           AND (creation_date, position) > (%(after)s, %(after_position)s)
           AND creation_date < %(until)s
         ORDER BY creation_date, position
         LIMIT %(limit)s
       ) AS m
 CROSS JOIN LATERAL (
       SELECT state FROM stored_events WHERE position = m.position LIMIT 1
       ) AS e
  LEFT JOIN LATERAL (
       SELECT sealed FROM payloads WHERE position = m.position LIMIT 1
       ) AS p ON true
  LEFT JOIN LATERAL (
       SELECT sealed_address, wrapped_key, kek_epoch
         FROM recipients
        WHERE subject = m.subject
        LIMIT 1
       ) AS r ON true
 ORDER BY m.creation_date, m.position
