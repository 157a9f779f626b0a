-- What a whole export reads. Schema: migrations/provider/0001, 0002.

-- events_by_stream --
-- By the index, stream by stream; of a log that grows meanwhile, what was there at the beginning.
SELECT position, stream, seq, topic, state
  FROM stored_events
 WHERE (stream, seq) > (%(stream)s, %(seq)s)
   AND position <= %(size)s
 ORDER BY stream, seq
 LIMIT %(limit)s

-- people --
SELECT subject, lookup, generation, sealed_address, wrapped_key, kek_epoch, closed_position
  FROM recipients
 WHERE subject = ANY (%(subjects)s::uuid[])
