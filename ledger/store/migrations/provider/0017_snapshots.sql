-- What İYS's bulk status said, and what is asked about singly (consent.md C9). No personal data.

CREATE TABLE iys_adoptions (
    id         uuid PRIMARY KEY,
    brand_code bigint NOT NULL,
    begun_at   timestamptz NOT NULL,
    asked_at   timestamptz,
    skipped    bigint,
    approvals  bigint,
    rejections bigint,
    total      bigint,
    ended_at   timestamptz
);

COMMENT ON COLUMN iys_adoptions.asked_at IS 'when the last list was answered';
COMMENT ON COLUMN iys_adoptions.skipped IS
    'consents that no list could ask about, behind the last list of each kind';
COMMENT ON COLUMN iys_adoptions.total IS 'İYS''s own count of the brand''s consents';

-- One answered list each; with a position once its iys.snapshot is in the log.
CREATE TABLE iys_snapshot_lists (
    id             uuid PRIMARY KEY,
    adoption       uuid NOT NULL REFERENCES iys_adoptions,
    brand_code     bigint NOT NULL,
    recipient_type smallint NOT NULL,
    channel        smallint NOT NULL,
    asked_at       timestamptz NOT NULL,
    subjects       bytea NOT NULL CHECK (octet_length(subjects) BETWEEN 16 AND 16000
                                         AND octet_length(subjects) % 16 = 0),
    flags          bytea NOT NULL CHECK (octet_length(flags) * 16 = octet_length(subjects)),
    skipped        integer NOT NULL,
    position       bigint UNIQUE
);

COMMENT ON COLUMN iys_snapshot_lists.subjects IS 'who was asked about, 16 bytes each, sorted';
COMMENT ON COLUMN iys_snapshot_lists.flags IS
    'of each subject: 1 where İYS listed it, 2 where it stood here as a refusal, or their sum';
COMMENT ON COLUMN iys_snapshot_lists.skipped IS
    'consents between the list before and this one that no list could ask about';

CREATE INDEX iys_snapshot_lists_adoption ON iys_snapshot_lists (adoption, recipient_type, channel);
CREATE INDEX iys_snapshot_lists_kept ON iys_snapshot_lists (brand_code, channel, recipient_type)
    WHERE position IS NOT NULL;

-- Follows from the lists: what each said of a consent. The one of the last position counts.
CREATE TABLE iys_snapshot (
    subject        uuid NOT NULL,
    brand_code     bigint NOT NULL,
    position       bigint NOT NULL,
    recipient_type smallint NOT NULL,
    channel        smallint NOT NULL,
    granted        boolean NOT NULL,
    PRIMARY KEY (subject, brand_code, recipient_type, channel, position) INCLUDE (granted)
);

-- To be asked about singly; a row leaves with İYS's word. The lowest rank goes first.
CREATE TABLE iys_lookups (
    subject        uuid NOT NULL,
    brand_code     bigint NOT NULL,
    recipient_type smallint NOT NULL,
    channel        smallint NOT NULL,
    rank           smallint NOT NULL,
    queued_at      timestamptz NOT NULL,
    PRIMARY KEY (subject, brand_code, recipient_type, channel)
);
CREATE INDEX iys_lookups_next ON iys_lookups (brand_code, rank, queued_at);

CREATE TABLE iys_samples (
    adoption       uuid NOT NULL REFERENCES iys_adoptions,
    number         integer NOT NULL,
    subject        uuid NOT NULL,
    recipient_type smallint NOT NULL,
    channel        smallint NOT NULL,
    granted        boolean NOT NULL,
    asked_at       timestamptz NOT NULL,
    outcome        text,
    PRIMARY KEY (adoption, number)
);

COMMENT ON COLUMN iys_samples.outcome IS 'what the single status came to beside the list''s word';

CREATE TRIGGER append_only BEFORE UPDATE OR DELETE OR TRUNCATE ON iys_snapshot
    FOR EACH STATEMENT EXECUTE FUNCTION refuse_change();
ALTER TABLE iys_snapshot ENABLE ALWAYS TRIGGER append_only;

GRANT SELECT, INSERT, UPDATE ON iys_adoptions, iys_samples TO izin_app;
GRANT SELECT, INSERT ON iys_snapshot_lists TO izin_app;
GRANT UPDATE (position) ON iys_snapshot_lists TO izin_app;
GRANT SELECT, INSERT ON iys_snapshot TO izin_app;
GRANT SELECT, INSERT, UPDATE, DELETE ON iys_lookups TO izin_app;
