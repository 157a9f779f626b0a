-- Files that wait to be imported. Schema: migrations/provider/0007, 0008.

-- waiting --
SELECT count(*)
  FROM import_jobs
 WHERE state IN ('WAITING', 'RUNNING')

-- submit --
INSERT INTO import_jobs (id, brand_code, actor, dry_run, bytes, sealed)
VALUES (%(id)s, %(brand)s, %(actor)s, %(dry_run)s, %(bytes)s, %(sealed)s)
    ON CONFLICT (id) DO NOTHING

-- find --
SELECT id, brand_code, actor, state, dry_run, bytes, sealed, created_at, started_at, ended_at, run,
       failures, rows_read, rows_total, verdicts, code, import_id, template, tried
  FROM import_jobs
 WHERE id = %(id)s

-- open --
SELECT id, created_at < clock_timestamp() - interval '1 day' AS is_old
  FROM import_jobs
 WHERE state IN ('WAITING', 'RUNNING')
 ORDER BY id
 LIMIT %(limit)s

-- try_lock --
SELECT pg_try_advisory_lock(hashtextextended(%(name)s, 0))

-- unlock --
SELECT pg_advisory_unlock(hashtextextended(%(name)s, 0))

-- take --
-- One that is RUNNING though nobody holds it: its process died, which counts as a failure.
UPDATE import_jobs
   SET state = 'RUNNING',
       run = run + 1,
       failures = failures + (state = 'RUNNING')::integer,
       started_at = coalesce(started_at, clock_timestamp()),
       rows_read = 0,
       rows_total = NULL,
       verdicts = '{}'
 WHERE id = %(id)s
   AND state IN ('WAITING', 'RUNNING')
RETURNING id, brand_code, actor, state, dry_run, bytes, sealed, created_at, started_at, ended_at,
       run, failures, rows_read, rows_total, verdicts, code, import_id, template, tried

-- progress --
UPDATE import_jobs
   SET rows_read = %(rows_read)s, rows_total = %(rows_total)s, verdicts = %(verdicts)s::jsonb
 WHERE id = %(id)s
   AND run = %(run)s
   AND state = 'RUNNING'

-- put_back --
UPDATE import_jobs
   SET state = 'WAITING', failures = failures + %(failures)s
 WHERE id = %(id)s
   AND run = %(run)s
   AND state = 'RUNNING'

-- end --
UPDATE import_jobs
   SET state = %(state)s,
       ended_at = clock_timestamp(),
       rows_read = %(rows_read)s,
       rows_total = %(rows_read)s,
       verdicts = %(verdicts)s::jsonb,
       code = %(code)s,
       import_id = %(import_id)s,
       template = %(template)s,
       tried = %(tried)s::jsonb
 WHERE id = %(id)s
   AND run = %(run)s
   AND state = 'RUNNING'

-- kept_too_long --
SELECT id
  FROM import_jobs
 WHERE sealed IS NOT NULL
   AND ended_at < clock_timestamp() - make_interval(days => %(days)s)
 LIMIT %(limit)s

-- forget --
UPDATE import_jobs
   SET sealed = NULL
 WHERE id = ANY (%(ids)s)

-- open_among --
SELECT id
  FROM import_jobs
 WHERE id = ANY (%(ids)s)
   AND state IN ('WAITING', 'RUNNING')

-- known_among --
SELECT id, sealed IS NOT NULL AS is_kept
  FROM import_jobs
 WHERE id = ANY (%(ids)s)
