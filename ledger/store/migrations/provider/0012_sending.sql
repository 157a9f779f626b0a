-- How what waits for İYS gets there. Nothing here follows from the events or is needed to know what
-- happened: what is lost is sent once more, and İYS knows the very same consent again (R23).
CREATE INDEX iys_outbox_subject ON iys_outbox (subject);

-- What is not with İYS, in the order of sending. A row leaves for a request and may come back.
CREATE TABLE iys_to_send (
    position   bigint PRIMARY KEY,
    brand_code bigint NOT NULL,
    is_refusal boolean NOT NULL,
    due        timestamptz NOT NULL,
    not_before timestamptz NOT NULL DEFAULT '-infinity',
    tries      integer NOT NULL DEFAULT 0
);
CREATE INDEX iys_to_send_order ON iys_to_send (brand_code, is_refusal, due, position);

COMMENT ON COLUMN iys_to_send.due IS 'by İYS''s likeliest reading; infinity where there is no date';

-- To which position of the outbox rows were taken over.
CREATE TABLE iys_taken (
    is_only  boolean PRIMARY KEY DEFAULT true CHECK (is_only),
    position bigint NOT NULL
);
INSERT INTO iys_taken (position) VALUES (0);

-- What was sent, or is about to be: one position a single call, more a list, in the order sent; 0
-- where an item is settled. `consent_dates` and `sources` as they were sent.
CREATE TABLE iys_requests (
    id            bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    brand_code    bigint NOT NULL,
    positions     bigint[] NOT NULL,
    consent_dates text[] NOT NULL,
    sources       text[] NOT NULL,
    request_id    text,
    code          text,
    sent_at       timestamptz NOT NULL,
    look_at       timestamptz NOT NULL,
    is_uncertain  boolean NOT NULL DEFAULT false,
    tries         integer NOT NULL
);
CREATE INDEX iys_requests_look_at ON iys_requests (look_at);

COMMENT ON COLUMN iys_requests.request_id IS 'İYS''s name of a list it took';
COMMENT ON COLUMN iys_requests.code IS 'a refusal not believed before its consent was asked for';
COMMENT ON COLUMN iys_requests.is_uncertain IS 'sent before, and nobody knows what came of it';

-- Brands for which nothing is sent until people have looked, and the day's tries of overdue rows.
CREATE TABLE iys_push_brands (
    brand_code    bigint PRIMARY KEY,
    halted_until  timestamptz,
    halted_code   text,
    overdue_on    date,
    overdue_tries integer NOT NULL DEFAULT 0
);

GRANT SELECT, INSERT, UPDATE, DELETE ON iys_to_send, iys_requests, iys_push_brands TO izin_app;
GRANT SELECT, UPDATE ON iys_taken TO izin_app;
