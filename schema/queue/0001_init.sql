-- Schema 1 of the queue of a daemon (schema/queue.md): what is to be run, what became of it, and what was told about it.
-- It is the daemon's alone, beside the catalogue: results never depend on it.

PRAGMA application_id = 0x56524751; -- "VRGQ"
PRAGMA user_version = 1;

CREATE TABLE job (
    job_id           INTEGER PRIMARY KEY AUTOINCREMENT,
    user_id          INTEGER NOT NULL,
    user             TEXT NOT NULL,
    order_json       TEXT NOT NULL,
    scenario         TEXT NOT NULL,
    dut              TEXT NOT NULL,
    campaign         TEXT NOT NULL,
    priority         INTEGER NOT NULL,
    bound            INTEGER NOT NULL CHECK (bound IN (0, 1)),
    submitted_utc_ns INTEGER NOT NULL,
    state            TEXT NOT NULL CHECK (state IN ('queued', 'running', 'ended')),
    started_utc_ns   INTEGER,
    ended_utc_ns     INTEGER,
    run_uid          TEXT NOT NULL,
    on_dut           TEXT NOT NULL,
    tried            TEXT NOT NULL,
    worker_pid       INTEGER NOT NULL,
    worker_start     INTEGER NOT NULL,
    starts           INTEGER NOT NULL,
    deaths           INTEGER NOT NULL,
    trials           INTEGER NOT NULL,
    trials_done      INTEGER NOT NULL,
    exit_code        INTEGER,
    verdict          TEXT NOT NULL,
    why              TEXT NOT NULL,
    is_cancelled     INTEGER NOT NULL CHECK (is_cancelled IN (0, 1)),
    is_ingested      INTEGER NOT NULL CHECK (is_ingested IN (0, 1)),
    CONSTRAINT ended_has_exit_code CHECK ((state = 'ended') = (exit_code IS NOT NULL)),
    CONSTRAINT running_has_device CHECK ((state = 'running') = (on_dut <> ''))
) STRICT;
CREATE INDEX job_by_state ON job (state, job_id);
CREATE INDEX job_by_campaign ON job (campaign, job_id) WHERE campaign <> '';

CREATE TABLE job_key (
    key    TEXT NOT NULL,
    job_id INTEGER NOT NULL REFERENCES job ON DELETE CASCADE,
    PRIMARY KEY (key, job_id)
) STRICT, WITHOUT ROWID;
CREATE INDEX job_key_by_job ON job_key (job_id);

CREATE TABLE event (
    event_id INTEGER PRIMARY KEY AUTOINCREMENT,
    job_id   INTEGER NOT NULL,
    utc_ns   INTEGER NOT NULL,
    kind     TEXT NOT NULL,
    data     TEXT NOT NULL
) STRICT;
CREATE INDEX event_by_job ON event (job_id, event_id);
