-- What an import found: the template of its file and, of a dry run, the dates of its rows.
ALTER TABLE import_jobs
    ADD COLUMN template text,
    ADD COLUMN tried jsonb;

COMMENT ON COLUMN import_jobs.tried IS
    'of a dry run: the first and the last date, and how many rows each month has';
