-- Which brand and channel an event concerns, so that a feed finds its own among everybody's.
-- Written in the transaction of the events, a row a transaction and place.
CREATE TABLE brand_events (
    brand_code    bigint   NOT NULL,
    channel       smallint NOT NULL,
    is_refusal    boolean  NOT NULL,
    last_position bigint   NOT NULL,
    positions     bigint[] NOT NULL,
    PRIMARY KEY (brand_code, channel, is_refusal, last_position)
);

COMMENT ON TABLE brand_events IS
    'follows from the events; brand or channel 0: suppressions that bar on all of them';

-- Those that were written before: one look at every event, minutes where there are ten million.
INSERT INTO brand_events (brand_code, channel, is_refusal, last_position, positions)
SELECT brand_code, channel, is_refusal, max(position), array_agg(position ORDER BY position)
  FROM (
       SELECT e.position,
              coalesce((e.body ->> 'brand')::bigint, 0) AS brand_code,
              CASE e.body ->> 'channel'
                   WHEN 'ARAMA' THEN 1 WHEN 'MESAJ' THEN 2 WHEN 'EPOSTA' THEN 3 ELSE 0
              END AS channel,
              e.topic IN ('ledger.consent.refused', 'ledger.suppression.added') AS is_refusal
         FROM (
              SELECT position, topic, convert_from(state, 'UTF8')::json -> 'body' AS body
                FROM stored_events
               WHERE topic IN ('ledger.consent.granted', 'ledger.consent.refused',
                               'ledger.consent.corrected', 'ledger.consent.retracted',
                               'ledger.consent.released', 'ledger.consent.evidence_added',
                               'ledger.merchant.listed', 'ledger.iys.seen', 'ledger.iys.refused',
                               'ledger.suppression.added')
              UNION ALL
              SELECT lifted.position, lifted.topic,
                     convert_from(added.state, 'UTF8')::json -> 'body'
                FROM stored_events AS lifted
                JOIN stored_events AS added
                  ON added.stream = lifted.stream
                 AND added.seq
                     = (convert_from(lifted.state, 'UTF8')::json -> 'body' ->> 'of')::bigint
               WHERE lifted.topic = 'ledger.suppression.lifted'
              OFFSET 0 -- so that each is read once, not once a member
              ) AS e
       ) AS placed
 GROUP BY brand_code, channel, is_refusal, position / 128;

GRANT SELECT, INSERT ON brand_events TO izin_app;
