-- How far İYS's movements were asked for: written in the transaction of the events of each page.
CREATE TABLE iys_pulled (
    brand_code bigint NOT NULL,
    source     text NOT NULL CHECK (source IN ('IYS', 'HS')),
    after      text,
    asked_at   timestamptz NOT NULL,
    PRIMARY KEY (brand_code, source)
);

COMMENT ON COLUMN iys_pulled.after IS 'cursor of the last page that was not empty, İYS''s own word';
COMMENT ON COLUMN iys_pulled.asked_at IS 'when İYS was last asked and had answered all it had';

GRANT SELECT, INSERT, UPDATE, DELETE ON iys_pulled TO izin_app;
