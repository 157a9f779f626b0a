-- Published texts. Schema: migrations/provider/0007.

-- all --
SELECT id, version, kind, language, encode(sha256, 'hex'), position
  FROM texts
 ORDER BY position

-- add --
INSERT INTO texts (id, version, kind, language, sha256, position)
VALUES (%(id)s, %(version)s, %(kind)s, %(language)s, decode(%(sha256)s, 'hex'), %(position)s)

-- keep_content --
INSERT INTO text_contents (sha256, content)
VALUES (%(sha256)s, %(content)s)
    ON CONFLICT (sha256) DO NOTHING

-- content --
SELECT content
  FROM text_contents
 WHERE sha256 = decode(%(sha256)s, 'hex')
