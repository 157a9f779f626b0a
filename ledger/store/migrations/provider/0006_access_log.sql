-- Who was shown what of whom (R108). Holds neither an address nor anything an address follows from.
CREATE TABLE access_log (
    id         bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    at         timestamptz NOT NULL,
    actor      text NOT NULL,
    action     text NOT NULL,
    brand_code bigint,
    subject    uuid,
    items      integer NOT NULL,
    request_id text
);

-- Of a few pages in the size of a table that only grows.
CREATE INDEX access_log_at ON access_log USING brin (at);

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON access_log
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE access_log ENABLE ALWAYS TRIGGER append_only;

GRANT SELECT, INSERT ON access_log TO izin_app;
