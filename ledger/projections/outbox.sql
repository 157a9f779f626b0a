-- Statements of the projection `iys_outbox`. Schema: store/migrations/provider/0004.

-- load_rows --
SELECT o.position, o.stream, o.seq, o.subject, o.brand_code, o.recipient_type, o.channel,
       o.consent_status, o.consent_date, o.source, o.due_internal, o.due_iys_reading,
       o.due_legal_latest
  FROM unnest(%(streams)s::uuid[], %(seqs)s::bigint[]) AS k (stream, seq)
  JOIN iys_outbox AS o USING (stream, seq)
 UNION
SELECT position, stream, seq, subject, brand_code, recipient_type, channel, consent_status,
       consent_date, source, due_internal, due_iys_reading, due_legal_latest
  FROM iys_outbox
 WHERE subject = ANY (%(erased)s::uuid[])

-- all_rows --
SELECT position, stream, seq, subject, brand_code, recipient_type, channel, consent_status,
       consent_date, source, due_internal, due_iys_reading, due_legal_latest
  FROM iys_outbox
 ORDER BY position

-- delete_rows --
DELETE FROM iys_outbox WHERE position = ANY (%(positions)s::bigint[])

-- update_rows --
UPDATE iys_outbox AS o
   SET consent_date = n.consent_date, source = n.source, due_internal = n.due_internal,
       due_iys_reading = n.due_iys_reading, due_legal_latest = n.due_legal_latest
  FROM unnest(%(position)s::bigint[], %(consent_date)s::text[], %(source)s::text[],
              %(due_internal)s::timestamptz[], %(due_iys_reading)s::timestamptz[],
              %(due_legal_latest)s::timestamptz[])
       AS n (position, consent_date, source, due_internal, due_iys_reading, due_legal_latest)
 WHERE o.position = n.position

-- copy_rows --
COPY iys_outbox
     (position, stream, seq, subject, brand_code, recipient_type, channel, consent_status,
      consent_date, source, due_internal, due_iys_reading, due_legal_latest)
  FROM STDIN (FORMAT BINARY)

-- empty --
DELETE FROM iys_outbox
