-- Schema of run files and catalogues, version 2: the bench.  How well a trial kept its time, the health of a bench's devices, and parity
-- with a golden run.

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
ALTER TABLE trial ADD COLUMN link_losses INTEGER NOT NULL DEFAULT 0 CHECK (link_losses >= 0);

INSERT INTO schema_doc VALUES
    ('trial', 'bench_why', '', 'why the device was not restarted before the trial, although the bench was told to; empty = it was, or nobody asked'),
    ('trial', 'link_losses', 'times', 'the line to the device was lost; of a complete trial: and came back to the same boot each time');

-- Of the catalogue; a run file has none.  Never merged: it belongs to the bench beside this file.
CREATE TABLE dut_health (
    rig                TEXT NOT NULL CHECK (rig <> ''),
    dut                TEXT NOT NULL CHECK (dut <> ''),
    failures           INTEGER NOT NULL CHECK (failures >= 0),
    losses             INTEGER NOT NULL CHECK (losses BETWEEN 0 AND failures),
    lost_utc_ns        INTEGER,
    quarantined_utc_ns INTEGER,
    reason             TEXT NOT NULL,
    power_cycle_failed_utc_ns INTEGER,
    PRIMARY KEY (rig, dut),
    CONSTRAINT quarantine_has_a_reason CHECK (quarantined_utc_ns IS NULL OR reason <> '')
) STRICT, WITHOUT ROWID;

INSERT INTO schema_doc VALUES
    ('dut_health', '', '', 'which devices of a bench can be trusted; no row = nothing was ever noted'),
    ('dut_health', 'rig', '', 'name of the rig'),
    ('dut_health', 'dut', '', 'name of the device in it'),
    ('dut_health', 'failures', 'trials', 'trials in a row, until now, in which the bench failed; without those of an incident of several devices'),
    ('dut_health', 'losses', 'trials', 'how many of them, the last ones, lost the line or found no device'),
    ('dut_health', 'lost_utc_ns', 'ns', 'when the line of a device that was there went away and stayed away, since 1970-01-01 UTC; NULL = it did not; lines of one rig that went within 10 s of each other are one incident'),
    ('dut_health', 'quarantined_utc_ns', 'ns', 'since when the device is refused, since 1970-01-01 UTC; NULL = it is not'),
    ('dut_health', 'reason', '', 'the last trouble in one sentence; empty = none'),
    ('dut_health', 'power_cycle_failed_utc_ns', 'ns', 'since when power_cycle is known to report success without restarting the device, since 1970-01-01 UTC; NULL = it is not, or it has worked since');

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
    strftime('%Y-%m-%dT%H:%M:%SZ', quarantined_utc_ns / 1000000000, 'unixepoch') AS quarantined_utc, reason,
    strftime('%Y-%m-%dT%H:%M:%SZ', lost_utc_ns / 1000000000, 'unixepoch') AS lost_utc,
    strftime('%Y-%m-%dT%H:%M:%SZ', power_cycle_failed_utc_ns / 1000000000, 'unixepoch') AS power_cycle_failed_utc
FROM dut_health;
INSERT INTO schema_doc VALUES
    ('v_dut_health', '', '', 'every device of which something was noted'),
    ('v_dut_health', 'is_quarantined', '', '1 = the device is refused until it is released'),
    ('v_dut_health', 'quarantined_utc', '', 'since when, as in 2026-11-22T22:00:04Z; NULL = it is not'),
    ('v_dut_health', 'lost_utc', '', 'when its line went away and stayed away; NULL = it did not'),
    ('v_dut_health', 'power_cycle_failed_utc', '', 'since when power_cycle restarts nothing; NULL = as far as is known it does');

INSERT OR IGNORE INTO schema_doc
WITH made (view, place, tbl) AS (VALUES
    ('v_pacing', 1, 'pacing'), ('v_pacing', 2, 'trial'), ('v_pacing', 3, 'run'),
    ('v_dut_health', 1, 'dut_health'))
SELECT made.view, col.name, doc.unit, doc.doc
FROM made JOIN pragma_table_info(made.view) col
JOIN schema_doc doc ON doc.tbl = made.tbl AND doc.col = col.name
ORDER BY made.view, made.place;

-- Of the outputs of a trial and those of another run's, which stay there: raw, for the golden run may be gone when the run is judged again.
-- Keyed by name, not by trial: the newest judgement of a run comes into a catalogue without its trials.
CREATE TABLE parity (
    run_id           INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    record           TEXT NOT NULL CHECK (record <> ''),
    repeat           INTEGER NOT NULL CHECK (repeat >= 0),
    verdict          TEXT NOT NULL CHECK (verdict IN ('equal', 'different', 'inconclusive')),
    why              TEXT NOT NULL,
    output_digest    TEXT NOT NULL CHECK (output_digest <> ''),
    golden_digest    TEXT,
    samples          INTEGER NOT NULL CHECK (samples >= 0),
    outputs          INTEGER NOT NULL CHECK (outputs >= 0),
    golden_outputs   INTEGER NOT NULL CHECK (golden_outputs >= 0),
    outputs_agreeing INTEGER NOT NULL CHECK (outputs_agreeing BETWEEN 0 AND min(outputs, golden_outputs)),
    difference       TEXT,
    number           INTEGER,
    stream           INTEGER,
    sample_index     INTEGER,
    value            INTEGER,
    golden_value     INTEGER,
    PRIMARY KEY (run_id, record, repeat),
    CONSTRAINT equal_is_equal CHECK (verdict <> 'equal' OR (output_digest IS golden_digest
        AND outputs = golden_outputs AND outputs_agreeing = outputs)),
    CONSTRAINT unequal_says_why CHECK ((verdict = 'equal') = (why = '')),
    CONSTRAINT different_has_a_difference CHECK ((verdict = 'different') = (difference IS NOT NULL)),
    CONSTRAINT difference_has_a_place CHECK ((difference IS NULL) = (number IS NULL)
        AND (difference IS NULL) = (stream IS NULL) AND (difference IS NULL) = (sample_index IS NULL)),
    CONSTRAINT values_differ CHECK ((value IS NULL) = (golden_value IS NULL) AND (value IS NULL OR value <> golden_value))
) STRICT, WITHOUT ROWID;

INSERT INTO schema_doc VALUES
    ('parity', '', '', 'a trial''s outputs against those of the golden run that run_env names as golden_run; no row of a trial that counts = it was not compared'),
    ('parity', 'run_id', '', 'the run'),
    ('parity', 'record', '', 'name of the record'),
    ('parity', 'repeat', '', 'which repetition of the record, from 0; the last attempt at it was compared'),
    ('parity', 'verdict', '', 'equal (to the last bit), different, or inconclusive (there was nothing to compare with)'),
    ('parity', 'why', '', 'where the outputs part, or why they were not compared, in one sentence; empty when equal'),
    ('parity', 'output_digest', '', 'digest of the trial''s outputs'),
    ('parity', 'golden_digest', '', 'digest of the golden outputs; NULL = none were compared'),
    ('parity', 'samples', 'samples', 'consumed in both trials, over all streams; 0 = nothing was compared'),
    ('parity', 'outputs', 'outputs', 'of the trial'),
    ('parity', 'golden_outputs', 'outputs', 'of the golden trial; 0 where none were compared'),
    ('parity', 'outputs_agreeing', 'outputs', 'that agree before the first difference'),
    ('parity', 'difference', '', 'missing_output (golden has it, the trial has not), extra_output, or what differs first: a column of output or value_count; NULL = nothing does'),
    ('parity', 'number', '', 'number of the output at the first difference: golden''s, or that of the extra one'),
    ('parity', 'stream', '', 'its stream'),
    ('parity', 'sample_index', 'ticks', 'its place, counted from the start of the window'),
    ('parity', 'value', '', 'what the trial has of what differs; NULL = a whole output is missing or extra'),
    ('parity', 'golden_value', '', 'what golden has of it, or NULL');

CREATE VIEW v_parity AS
SELECT p.run_id, r.uid, r.scenario, r.dut, r.started_utc_ns / 1000000000 AS time_s,
    (SELECT e.value FROM run_env e WHERE e.run_id = p.run_id AND e.key = 'golden_run') AS golden_uid,
    p.record, p.repeat, p.verdict, p.why, p.outputs, p.golden_outputs, p.outputs_agreeing, p.samples,
    p.difference, p.number, p.stream, p.sample_index, p.value, p.golden_value, p.output_digest, p.golden_digest
FROM parity p JOIN run r USING (run_id);
INSERT INTO schema_doc VALUES
    ('v_parity', '', '', 'trials against a golden run'),
    ('v_parity', 'golden_uid', '', 'the golden run');
INSERT OR IGNORE INTO schema_doc
WITH made (view, place, tbl) AS (VALUES ('v_parity', 1, 'parity'), ('v_parity', 2, 'run'), ('v_parity', 3, 'v_run'))
SELECT made.view, col.name, doc.unit, doc.doc
FROM made JOIN pragma_table_info(made.view) col
JOIN schema_doc doc ON doc.tbl = made.tbl AND doc.col = col.name
ORDER BY made.view, made.place;
