-- Schema of run files and catalogues, version 2: the bench.  How well a trial kept its time, and the health of a bench's devices.

PRAGMA user_version = 2;

-- Derived from rows that are already there (output, sync) when the trial ends; a trial that is not paced has none.
CREATE TABLE pacing (
    trial_id      INTEGER PRIMARY KEY REFERENCES trial ON DELETE CASCADE,
    n             INTEGER NOT NULL CHECK (n >= 2),
    error_p50_us  REAL NOT NULL CHECK (error_p50_us >= 0),
    error_p99_us  REAL NOT NULL CHECK (error_p99_us >= error_p50_us),
    error_max_us  REAL NOT NULL CHECK (error_max_us >= error_p99_us),
    drift_ppm     REAL,
    drift_ppm_err REAL CHECK (drift_ppm_err >= 0),
    clock_ppm     REAL,
    clock_ppm_err REAL CHECK (clock_ppm_err >= 0),
    CONSTRAINT drift_has_an_error CHECK ((drift_ppm IS NULL) = (drift_ppm_err IS NULL)),
    CONSTRAINT clock_has_an_error CHECK ((clock_ppm IS NULL) = (clock_ppm_err IS NULL))
) STRICT;

INSERT INTO schema_doc VALUES
    ('pacing', '', '', 'how well a paced trial kept the sensor''s time; no row = not paced, or too few outputs to tell'),
    ('pacing', 'trial_id', '', 'the trial'),
    ('pacing', 'n', '', 'instants that the numbers rest on: samples at which an output was emitted'),
    ('pacing', 'error_p50_us', 'us', 'median lateness of these samples on the sensor''s time line, by the device''s clock; the line is laid so that none is early, and what an underrun shifted stays late'),
    ('pacing', 'error_p99_us', 'us', '99th percentile of the same'),
    ('pacing', 'error_max_us', 'us', 'largest of the same'),
    ('pacing', 'drift_ppm', 'ppm', 'how much slower than asked the samples were consumed, by the device''s clock; NULL = an underrun shifted them, or too few instants'),
    ('pacing', 'drift_ppm_err', 'ppm', 'how well drift_ppm is known: twice the median lateness over the time between first and last; NULL = as there'),
    ('pacing', 'clock_ppm', 'ppm', 'how much faster the device''s clock runs than the host''s, from SYNC; NULL = too few exchanges'),
    ('pacing', 'clock_ppm_err', 'ppm', 'bound of the error of clock_ppm, from the round trips; NULL = as there');

ALTER TABLE trial ADD COLUMN bench_why TEXT NOT NULL DEFAULT '';

INSERT INTO schema_doc VALUES
    ('trial', 'bench_why', '', 'why the device was not restarted before the trial, although the bench was told to; empty = it was, or nobody asked');

-- Of the catalogue; a run file has none.  Never merged: it belongs to the bench beside this file.
CREATE TABLE dut_health (
    rig                TEXT NOT NULL CHECK (rig <> ''),
    dut                TEXT NOT NULL CHECK (dut <> ''),
    failures           INTEGER NOT NULL CHECK (failures >= 0),
    quarantined_utc_ns INTEGER,
    reason             TEXT NOT NULL,
    PRIMARY KEY (rig, dut),
    CONSTRAINT quarantine_has_a_reason CHECK (quarantined_utc_ns IS NULL OR reason <> '')
) STRICT, WITHOUT ROWID;

INSERT INTO schema_doc VALUES
    ('dut_health', '', '', 'which devices of a bench can be trusted; no row = nothing was ever noted'),
    ('dut_health', 'rig', '', 'name of the rig'),
    ('dut_health', 'dut', '', 'name of the device in it'),
    ('dut_health', 'failures', 'trials', 'trials in a row, until now, in which the bench failed'),
    ('dut_health', 'quarantined_utc_ns', 'ns', 'since when the device is refused, since 1970-01-01 UTC; NULL = it is not'),
    ('dut_health', 'reason', '', 'the last trouble in one sentence; empty = none');

CREATE VIEW v_pacing AS
SELECT t.run_id, r.uid, r.scenario, r.dut, t.trial_id, c.name AS record, t.repeat, t.attempt, t.outcome,
    p.n, p.error_p50_us, p.error_p99_us, p.error_max_us, p.drift_ppm, p.drift_ppm_err, p.clock_ppm,
    p.clock_ppm_err, t.underruns
FROM pacing p JOIN trial t USING (trial_id) JOIN run r USING (run_id) JOIN record c USING (record_id);
INSERT INTO schema_doc VALUES
    ('v_pacing', '', '', 'how well each paced trial kept its time'),
    ('v_pacing', 'record', '', 'name of the record');

CREATE VIEW v_dut_health AS
SELECT rig, dut, failures, quarantined_utc_ns IS NOT NULL AS is_quarantined,
    strftime('%Y-%m-%dT%H:%M:%SZ', quarantined_utc_ns / 1000000000, 'unixepoch') AS quarantined_utc, reason
FROM dut_health;
INSERT INTO schema_doc VALUES
    ('v_dut_health', '', '', 'every device of which something was noted'),
    ('v_dut_health', 'is_quarantined', '', '1 = the device is refused until it is released'),
    ('v_dut_health', 'quarantined_utc', '', 'since when, as in 2026-11-22T22:00:04Z; NULL = it is not');

INSERT OR IGNORE INTO schema_doc
WITH made (view, place, tbl) AS (VALUES
    ('v_pacing', 1, 'pacing'), ('v_pacing', 2, 'trial'), ('v_pacing', 3, 'run'),
    ('v_dut_health', 1, 'dut_health'))
SELECT made.view, col.name, doc.unit, doc.doc
FROM made JOIN pragma_table_info(made.view) col
JOIN schema_doc doc ON doc.tbl = made.tbl AND doc.col = col.name
ORDER BY made.view, made.place;
