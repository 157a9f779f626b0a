-- Reads of the oracle on tree, checkpoints, seals and maps, page by page within its snapshot.

-- tiles --
SELECT number, hashes
  FROM log_tiles
 WHERE level = %(level)s
   AND number > %(after)s
 ORDER BY number
 LIMIT 256

-- count_tiles --
SELECT count(*) FROM log_tiles

-- checkpoints --
SELECT size, note
  FROM log_checkpoints
 WHERE size > %(after)s
 ORDER BY size
 LIMIT 256

-- seals --
SELECT size, first, checkpoint, roots, sealed_at
  FROM log_seals
 WHERE size > %(after)s
 ORDER BY size
 LIMIT 256

-- stamps --
SELECT number, token, generated_at
  FROM log_stamps
 WHERE size = %(size)s
 ORDER BY number

-- heads --
SELECT number, first, root
  FROM log_heads
 WHERE size = %(size)s
   AND number > %(after)s
 ORDER BY number
 LIMIT 1024
