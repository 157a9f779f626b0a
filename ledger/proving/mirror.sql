-- The last event of every stream, in a temporary SQLite database of a replay.
PRAGMA journal_mode = OFF;
PRAGMA synchronous = OFF;
CREATE TABLE heads (stream BLOB PRIMARY KEY, seq INTEGER NOT NULL, leaf BLOB NOT NULL)
    WITHOUT ROWID;

-- last --
SELECT seq, leaf FROM heads WHERE stream = ?

-- keep --
REPLACE INTO heads (stream, seq, leaf) VALUES (?, ?, ?)

-- sorted --
SELECT stream, seq, leaf FROM heads ORDER BY stream
