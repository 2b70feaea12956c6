-- Schema of run files and catalogues, version 5: datasets and statistics.  Whom a recording is of, what was done to its signal, baselines,
-- and gates against them.

PRAGMA user_version = 5;

-- Of the trial, not of the record: a record is a window of bytes that many runs share, and these follow from the scenario and the dataset's
-- table of subjects as they were at the time of the run.
ALTER TABLE trial ADD COLUMN subject TEXT NOT NULL DEFAULT '';
ALTER TABLE trial ADD COLUMN strata TEXT NOT NULL DEFAULT '';
ALTER TABLE trial ADD COLUMN warmup_count INTEGER NOT NULL DEFAULT 0 CHECK (warmup_count >= 0);
CREATE INDEX trial_by_subject ON trial (subject) WHERE subject <> '';

INSERT INTO schema_doc VALUES
    ('trial', 'subject', '', 'pseudonym of whom the recording is of; empty = not known'),
    ('trial', 'strata', '', 'groups that the trial belongs to, as in age=adult;snr_db=6; empty = none'),
    ('trial', 'warmup_count', 'ticks', 'at the start of the window that let the algorithm settle: truth and outputs there do not count');

CREATE TABLE signal_fault (
    trial_id INTEGER NOT NULL REFERENCES trial ON DELETE CASCADE,
    number   INTEGER NOT NULL CHECK (number >= 0),
    kind     TEXT NOT NULL CHECK (kind <> ''),
    stream   INTEGER NOT NULL CHECK (stream >= 0),
    channel  INTEGER NOT NULL CHECK (channel >= 0),
    first    INTEGER NOT NULL CHECK (first >= 0),
    count    INTEGER NOT NULL CHECK (count >= 0),
    amount   REAL,
    unit     TEXT NOT NULL,
    detail   TEXT NOT NULL,
    PRIMARY KEY (trial_id, number)
) STRICT, WITHOUT ROWID;

INSERT INTO schema_doc VALUES
    ('signal_fault', '', '', 'what was done to the recorded signal before the device got it; no row = nothing'),
    ('signal_fault', 'trial_id', '', 'the trial'),
    ('signal_fault', 'number', '', 'place in the order in which they were applied, from 0'),
    ('signal_fault', 'kind', '', 'noise, wander, lead_off, ... as in the scenario'),
    ('signal_fault', 'stream', '', 'stream of the trial'),
    ('signal_fault', 'channel', '', 'channel of the stream'),
    ('signal_fault', 'first', 'samples', 'where it begins in the stream'),
    ('signal_fault', 'count', 'samples', 'how long it lasts'),
    ('signal_fault', 'amount', '', 'how much, in the unit beside it; NULL = the kind has no amount'),
    ('signal_fault', 'unit', '', 'unit of amount; empty = none'),
    ('signal_fault', 'detail', '', 'what else was worked out (the gain of the noise), as name=value pairs; empty = nothing');

-- Of the catalogue; a run file has none.  Never merged.
CREATE TABLE baseline (
    name       TEXT PRIMARY KEY CHECK (name <> ''),
    run_uid    TEXT NOT NULL CHECK (run_uid <> ''),
    set_utc_ns INTEGER NOT NULL,
    reason     TEXT NOT NULL
) STRICT, WITHOUT ROWID;

INSERT INTO schema_doc VALUES
    ('baseline', '', '', 'runs that others are compared with, by a name that stays while the run behind it changes'),
    ('baseline', 'name', '', 'what scenarios and commands call it'),
    ('baseline', 'run_uid', '', 'the run; prune keeps it'),
    ('baseline', 'set_utc_ns', 'ns', 'when it was set, since 1970-01-01 UTC'),
    ('baseline', 'reason', '', 'why, in the words of whoever set it; empty = not said');

DROP VIEW v_gate;
-- No renaming: that would rewrite the views that read the table.
CREATE TABLE gate_of_4 AS SELECT * FROM gate;
DROP TABLE gate;
CREATE TABLE gate (
    run_id          INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    gate            INTEGER NOT NULL CHECK (gate >= 0),
    metric          TEXT NOT NULL,
    scope           TEXT NOT NULL,
    rule            TEXT NOT NULL CHECK (rule IN ('min', 'max', 'max_increase', 'max_decrease',
        'max_increase_pct', 'max_decrease_pct')),
    limit_value     REAL NOT NULL,
    value           REAL,
    verdict         TEXT NOT NULL CHECK (verdict IN ('pass', 'fail', 'warn', 'inconclusive')),
    scenario_line   INTEGER NOT NULL CHECK (scenario_line >= 0),
    scenario_column INTEGER NOT NULL CHECK (scenario_column >= 0),
    against         TEXT,
    baseline_value  REAL,
    change          REAL,
    low             REAL,
    high            REAL CHECK (high >= low),
    confidence      REAL CHECK (confidence BETWEEN 0 AND 1),
    p_value         REAL CHECK (p_value BETWEEN 0 AND 1),
    pair_count      INTEGER NOT NULL DEFAULT 0 CHECK (pair_count >= 0),
    detectable      REAL CHECK (detectable >= 0),
    why             TEXT NOT NULL DEFAULT '',
    PRIMARY KEY (run_id, gate, scope),
    CONSTRAINT pass_is_within_limit CHECK (verdict <> 'pass' OR (value IS NOT NULL
        AND ((rule = 'min' AND value >= limit_value) OR (rule = 'max' AND value <= limit_value)
        OR (rule NOT IN ('min', 'max') AND change IS NOT NULL))))
) STRICT, WITHOUT ROWID;
INSERT INTO gate (run_id, gate, metric, scope, rule, limit_value, value, verdict, scenario_line, scenario_column)
SELECT run_id, gate, metric, scope, rule, limit_value, value, verdict, scenario_line, scenario_column FROM gate_of_4;
DROP TABLE gate_of_4;

UPDATE schema_doc SET doc = 'min, max; against a baseline max_increase, max_decrease, and the same in percent of it'
WHERE tbl = 'gate' AND col = 'rule';
UPDATE schema_doc SET doc = 'pass, fail, inconclusive, or warn (not passed, in a gate that the scenario calls a warning)'
WHERE tbl = 'gate' AND col = 'verdict';
INSERT INTO schema_doc VALUES
    ('gate', 'against', '', 'uid of the run that it is compared with; NULL = with none'),
    ('gate', 'baseline_value', '', 'the metric of that run, over the records that both have'),
    ('gate', 'change', '', 'value - baseline_value, both over the records that both have; of the rules in percent, in percent of baseline_value'),
    ('gate', 'low', '', 'lower end of the interval of change, or of value where there is no baseline; NULL = none'),
    ('gate', 'high', '', 'upper end of the same'),
    ('gate', 'confidence', '', 'that each end of that interval holds with: 0.95; NULL = there is no interval'),
    ('gate', 'p_value', '', 'chance of a change as large if there were none (sign-flip permutation of the pairs); NULL = none'),
    ('gate', 'pair_count', '', 'subjects or records that both runs have: what was resampled'),
    ('gate', 'detectable', '', 'smallest change that so many pairs would have shown with a power of 80 %; NULL = not known'),
    ('gate', 'why', '', 'what keeps the gate from a verdict, or what to know with it; empty = nothing');

CREATE VIEW v_gate AS
SELECT g.run_id, r.uid, r.scenario, r.started_utc_ns / 1000000000 AS time_s, g.gate, g.metric, g.scope,
    g.rule, g.limit_value, g.value, g.verdict, g.scenario_line, g.against, g.baseline_value, g.change, g.low, g.high,
    g.confidence, g.p_value, g.pair_count, g.detectable, g.why
FROM gate g JOIN run r USING (run_id);
INSERT INTO schema_doc
SELECT 'v_gate', col, unit, doc FROM schema_doc WHERE tbl = 'gate'
    AND col IN ('against', 'baseline_value', 'change', 'low', 'high', 'confidence', 'p_value', 'pair_count', 'detectable', 'why');

CREATE VIEW v_signal_fault AS
SELECT t.run_id, r.uid, r.scenario, t.dut, t.trial_id, c.name AS record, t.repeat, t.attempt, f.number, f.kind, f.stream,
    f.channel, f.first, f.count, f.amount, f.unit, f.detail
FROM signal_fault f JOIN trial t USING (trial_id) JOIN run r USING (run_id) JOIN record c USING (record_id);
INSERT INTO schema_doc VALUES
    ('v_signal_fault', '', '', 'what was done to the recorded signals'),
    ('v_signal_fault', 'record', '', 'name of the record');
INSERT OR IGNORE INTO schema_doc
WITH made (view, place, tbl) AS (VALUES ('v_signal_fault', 1, 'signal_fault'), ('v_signal_fault', 2, 'trial'), ('v_signal_fault', 3, 'run'))
SELECT made.view, col.name, doc.unit, doc.doc
FROM made JOIN pragma_table_info(made.view) col
JOIN schema_doc doc ON doc.tbl = made.tbl AND doc.col = col.name
ORDER BY made.view, made.place;

DROP VIEW v_trial;
CREATE VIEW v_trial AS
SELECT t.run_id, r.uid, r.scenario, t.dut, t.trial_id, c.name AS record, t.repeat, t.attempt, t.outcome,
    t.why, (t.ended_ns - t.started_ns) / 1e9 AS duration_s,
    c.sample_count * 1.0 * c.rate_den / c.rate_num AS record_s,
    t.outputs_stored, t.ledger_closed, t.frames_resent, t.crc_errors, t.underruns,
    t.firmware_name, t.firmware_version, t.firmware_git, t.device_id, t.result_key, t.output_digest,
    t.subject, t.strata, t.warmup_count * 1.0 * c.rate_den / c.rate_num AS warmup_s
FROM trial t JOIN run r USING (run_id) JOIN record c USING (record_id);
INSERT INTO schema_doc
SELECT 'v_trial', col, unit, doc FROM schema_doc WHERE tbl = 'trial' AND col IN ('subject', 'strata');
INSERT INTO schema_doc VALUES
    ('v_trial', 'warmup_s', 's', 'at the start of the window that let the algorithm settle: nothing there counts');
