-- Statements of the loop that every projection shares. Schema: store/migrations/provider.

-- is_behind --
-- Asked without a lock: a poll that finds nothing must not write, and a row lock is a write.
SELECT coalesce((SELECT max(position) FROM stored_events), 0)
     > coalesce((SELECT position FROM followers WHERE name = %(name)s), 0) AS behind

-- end --
SELECT coalesce(max(position), 0) FROM stored_events

-- position --
SELECT position FROM followers WHERE name = %(name)s

-- enter --
INSERT INTO followers (name, position) VALUES (%(name)s, 0)
ON CONFLICT (name) DO NOTHING

-- lock --
SELECT position FROM followers WHERE name = %(name)s FOR UPDATE

-- read_batch --
SELECT position, stream, seq, topic, state
  FROM stored_events
 WHERE position > %(after)s
   AND position <= %(until)s
 ORDER BY position
 LIMIT %(limit)s

-- advance --
UPDATE followers SET position = %(position)s WHERE name = %(name)s
