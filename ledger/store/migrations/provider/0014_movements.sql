-- Every movement of the brands' consents that İYS showed, by İYS's own instant of it (R57, R61).
CREATE TABLE iys_movements (
    position      bigint PRIMARY KEY,
    brand_code    bigint NOT NULL,
    creation_date text COLLATE "C" NOT NULL,
    subject       uuid NOT NULL
);
CREATE INDEX iys_movements_by_day ON iys_movements (brand_code, creation_date, position);

COMMENT ON TABLE iys_movements IS
    'follows from the events: one row for each iys.seen of a movement';
COMMENT ON COLUMN iys_movements.creation_date IS
    'Turkish wall clock, İYS''s own text: its first ten letters are the day of the report';

GRANT SELECT, INSERT, UPDATE, DELETE ON iys_movements TO izin_app;
