-- Schema of run files and catalogues, version 2: the bench.  How well a trial kept its time, and the health of a bench's devices.

PRAGMA user_version = 2;

-- Derived from rows that are already there (output, sync) when the trial ends; a trial of mode max has none.
CREATE TABLE pacing (
    trial_id      INTEGER PRIMARY KEY REFERENCES trial ON DELETE CASCADE,
    n             INTEGER NOT NULL CHECK (n >= 2),
    error_p50_us  REAL NOT NULL,
    error_p99_us  REAL NOT NULL,
    error_max_us  REAL NOT NULL,
    drift_ppm     REAL NOT NULL,
    clock_ppm     REAL,
    clock_ppm_err REAL CHECK (clock_ppm_err >= 0)
) STRICT;

INSERT INTO schema_doc VALUES
    ('pacing', '', '', 'how well a paced trial kept the sensor''s time; no row = not paced, or too few outputs to tell'),
    ('pacing', 'trial_id', '', 'the trial'),
    ('pacing', 'n', '', 'instants that the numbers rest on: samples at which an output was emitted'),
    ('pacing', 'error_p50_us', 'us', 'median distance of these samples from their place on the sensor''s time line, by the device''s clock'),
    ('pacing', 'error_p99_us', 'us', '99th percentile of the same'),
    ('pacing', 'error_max_us', 'us', 'largest of the same'),
    ('pacing', 'drift_ppm', 'ppm', 'slope of the same by the device''s clock: how much slower than asked the samples were consumed'),
    ('pacing', 'clock_ppm', 'ppm', 'how much faster the device''s clock runs than the host''s, from SYNC; NULL = too few exchanges'),
    ('pacing', 'clock_ppm_err', 'ppm', 'bound of the error of clock_ppm, from the round trips; NULL = as there');

-- Of the catalogue; a run file has none.  Never merged: it belongs to the bench beside this file.
CREATE TABLE dut_health (
    rig                 TEXT NOT NULL,
    dut                 TEXT NOT NULL CHECK (dut <> ''),
    failures            INTEGER NOT NULL CHECK (failures >= 0),
    quarantined_utc_ns  INTEGER,
    reason              TEXT NOT NULL,
    PRIMARY KEY (rig, dut),
    CONSTRAINT quarantine_has_a_reason CHECK (quarantined_utc_ns IS NULL OR reason <> '')
) STRICT, WITHOUT ROWID;

INSERT INTO schema_doc VALUES
    ('dut_health', '', '', 'which devices of a bench can be trusted'),
    ('dut_health', 'rig', '', 'name of the rig'),
    ('dut_health', 'dut', '', 'name of the device in it'),
    ('dut_health', 'failures', 'trials', 'trials in a row, until now, that ended with rig trouble'),
    ('dut_health', 'quarantined_utc_ns', 'ns', 'since when the device is refused; NULL = it is not'),
    ('dut_health', 'reason', '', 'the last trouble in one sentence; empty = none');
