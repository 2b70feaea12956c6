-- Schema 1 of a VitalRig store: the run file and the catalogue alike (schema/store.md).
-- Runs inside one transaction, on an empty database that was made with auto_vacuum = INCREMENTAL.
-- Every table and view is followed by its lines of schema_doc; a line with an empty col speaks of the whole.

PRAGMA application_id = 0x56524731; -- "VRG1"
PRAGMA user_version = 1;

CREATE TABLE schema_doc (
    tbl  TEXT NOT NULL,
    col  TEXT NOT NULL,
    unit TEXT NOT NULL,
    doc  TEXT NOT NULL CHECK (doc <> ''),
    PRIMARY KEY (tbl, col)
) STRICT, WITHOUT ROWID;

INSERT INTO schema_doc VALUES
    ('schema_doc', '', '', 'what every table, view and column holds'),
    ('schema_doc', 'tbl', '', 'table or view'),
    ('schema_doc', 'col', '', 'column; empty for the table or view itself'),
    ('schema_doc', 'unit', '', 'unit of the value; empty for words, names, flags and identifiers'),
    ('schema_doc', 'doc', '', 'what it holds');

-- A run ------------------------------------------------------------------------------------------

CREATE TABLE run (
    run_id           INTEGER PRIMARY KEY,
    uid              TEXT NOT NULL UNIQUE CHECK (uid <> ''),
    scenario         TEXT NOT NULL,
    scenario_sha256  TEXT NOT NULL,
    scenario_json    TEXT NOT NULL,
    dut              TEXT NOT NULL,
    algorithm        TEXT NOT NULL,
    vitalrig_version TEXT NOT NULL,
    host             TEXT NOT NULL,
    started_utc_ns   INTEGER NOT NULL,
    started_ns       INTEGER NOT NULL,
    ended_utc_ns     INTEGER,
    status           TEXT NOT NULL CHECK (status IN ('running', 'ended', 'interrupted')),
    verdict          TEXT CHECK (verdict IN ('pass', 'fail', 'rig', 'inconclusive')),
    why              TEXT NOT NULL,
    exit_code        INTEGER CHECK (exit_code BETWEEN 0 AND 255),
    seed             TEXT NOT NULL CHECK (length(seed) BETWEEN 1 AND 20 AND seed NOT GLOB '*[^0-9]*'),
    judged_count     INTEGER NOT NULL DEFAULT 0 CHECK (judged_count >= 0),
    CONSTRAINT verdict_has_exit_code CHECK ((verdict IS NULL) = (exit_code IS NULL)),
    CONSTRAINT pass_is_exit_0 CHECK ((verdict IS 'pass') = (exit_code IS 0)),
    CONSTRAINT fail_is_exit_1 CHECK ((verdict IS 'fail') = (exit_code IS 1)),
    CONSTRAINT inconclusive_is_exit_5 CHECK ((verdict IS 'inconclusive') = (exit_code IS 5))
) STRICT;
CREATE INDEX run_by_time ON run (started_utc_ns);
CREATE INDEX run_by_scenario ON run (scenario, started_utc_ns);

INSERT INTO schema_doc VALUES
    ('run', '', '', 'one execution of a scenario'),
    ('run', 'run_id', '', 'number within this file; another file may give the same run another one'),
    ('run', 'uid', '', 'unique for ever, in every file'),
    ('run', 'scenario', '', 'name of the scenario'),
    ('run', 'scenario_sha256', '', 'SHA-256 of the scenario file'),
    ('run', 'scenario_json', '', 'the whole text of the scenario, so that the run can be judged again'),
    ('run', 'dut', '', 'device under test: its name in the rig, or sim, or loop'),
    ('run', 'algorithm', '', 'algorithm that the device was asked to run'),
    ('run', 'vitalrig_version', '', 'version of VitalRig that made the run'),
    ('run', 'host', '', 'machine that made the run'),
    ('run', 'started_utc_ns', 'ns', 'start, since 1970-01-01 UTC: the one UTC anchor of the run'),
    ('run', 'started_ns', 'ns', 'the same instant on the host''s monotonic clock, to which every other *_ns of the run belongs'),
    ('run', 'ended_utc_ns', 'ns', 'end, since 1970-01-01 UTC; NULL = not ended'),
    ('run', 'status', '', 'running, ended, or interrupted (its writer died)'),
    ('run', 'verdict', '', 'pass, fail, rig (the bench failed) or inconclusive; NULL = not judged'),
    ('run', 'why', '', 'the verdict in one sentence'),
    ('run', 'exit_code', '', 'exit code that belongs to the verdict; NULL = not judged'),
    ('run', 'seed', '', 'seed of everything random in the run: an unsigned 64-bit number in decimal digits'),
    ('run', 'judged_count', '', 'how often the run was judged; merge takes the newer judgement by it');

CREATE TABLE run_env (
    run_id INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    key    TEXT NOT NULL CHECK (key <> ''),
    value  TEXT NOT NULL,
    PRIMARY KEY (run_id, key)
) STRICT, WITHOUT ROWID;

INSERT INTO schema_doc VALUES
    ('run_env', '', '', 'facts about where a run was made (branch, CI job, kernel), as keys and values'),
    ('run_env', 'run_id', '', 'the run'),
    ('run_env', 'key', '', 'name of the fact'),
    ('run_env', 'value', '', 'the fact');

-- What was replayed ------------------------------------------------------------------------------

CREATE TABLE record (
    record_id    INTEGER PRIMARY KEY,
    dataset      TEXT NOT NULL,
    name         TEXT NOT NULL CHECK (name <> ''),
    sha256       TEXT NOT NULL,
    annotator    TEXT NOT NULL,
    signal       TEXT NOT NULL,
    rate_num     INTEGER NOT NULL CHECK (rate_num BETWEEN 1 AND 4294967295),
    rate_den     INTEGER NOT NULL CHECK (rate_den BETWEEN 1 AND 4294967295),
    sample_count INTEGER NOT NULL CHECK (sample_count >= 0),
    window_start INTEGER NOT NULL CHECK (window_start >= 0),
    truth_sha256 TEXT NOT NULL,
    UNIQUE (dataset, name, sha256, annotator, signal, rate_num, rate_den, sample_count, window_start,
        truth_sha256)
) STRICT;

INSERT INTO schema_doc VALUES
    ('record', '', '', 'a window of a recording as it was replayed, with its truth; two rows never agree in everything'),
    ('record', 'record_id', '', 'number within this file'),
    ('record', 'dataset', '', 'path of the dataset as written in the scenario'),
    ('record', 'name', '', 'name of the recording within its dataset'),
    ('record', 'sha256', '', 'SHA-256 of the files that hold the signals'),
    ('record', 'annotator', '', 'name of the truth; empty = no truth'),
    ('record', 'signal', '', 'names of the streamed signals, comma separated'),
    ('record', 'rate_num', 'ticks', 'ticks of truth and outputs in rate_den seconds'),
    ('record', 'rate_den', 's', 'seconds in which rate_num ticks pass'),
    ('record', 'sample_count', 'ticks', 'length of the window'),
    ('record', 'window_start', 'ticks', 'where the window begins in the recording; sample indexes count from there'),
    ('record', 'truth_sha256', '', 'SHA-256 of the truth rows (schema/store.md), so that corrected truth is another record');

CREATE TABLE truth (
    record_id    INTEGER NOT NULL REFERENCES record ON DELETE CASCADE,
    position     INTEGER NOT NULL CHECK (position >= 0),
    sample_index INTEGER NOT NULL,
    code         INTEGER NOT NULL CHECK (code BETWEEN 0 AND 255),
    subtype      INTEGER NOT NULL CHECK (subtype BETWEEN -128 AND 127),
    channel      INTEGER NOT NULL CHECK (channel BETWEEN 0 AND 255),
    number       INTEGER NOT NULL CHECK (number BETWEEN -128 AND 127),
    text         TEXT,
    PRIMARY KEY (record_id, position)
) STRICT, WITHOUT ROWID;

INSERT INTO schema_doc VALUES
    ('truth', '', '', 'reference events of a record, in ascending time'),
    ('truth', 'record_id', '', 'the record'),
    ('truth', 'position', '', 'place of the event in the list, from 0'),
    ('truth', 'sample_index', 'ticks', 'when, counted from the start of the window'),
    ('truth', 'code', '', 'what, as in schema/annotations.def'),
    ('truth', 'subtype', '', 'the annotation''s own subtype'),
    ('truth', 'channel', '', 'signal that the event was seen in'),
    ('truth', 'number', '', 'the annotation''s own number'),
    ('truth', 'text', '', 'the annotation''s text (the rhythm, a note); NULL = none');

-- What happened ----------------------------------------------------------------------------------

CREATE TABLE trial (
    trial_id            INTEGER PRIMARY KEY,
    run_id              INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    record_id           INTEGER NOT NULL REFERENCES record,
    repeat              INTEGER NOT NULL CHECK (repeat >= 0),
    attempt             INTEGER NOT NULL CHECK (attempt >= 0),
    outcome             TEXT NOT NULL CONSTRAINT outcome_is_known CHECK (outcome IN ('running',
        'complete', 'fw_crash', 'fw_protocol', 'refused', 'fw_hang', 'fw_reboot', 'link_lost',
        'timed_out', 'link_corrupt', 'dut_absent', 'output_lost', 'host_io', 'cancelled')),
    why                 TEXT NOT NULL,
    result_key          TEXT,
    started_ns          INTEGER NOT NULL,
    ended_ns            INTEGER,
    firmware_name       TEXT,
    firmware_version    TEXT,
    firmware_git        TEXT,
    device_id           TEXT,
    device_clock        TEXT,
    device_clock_hz     INTEGER NOT NULL CHECK (device_clock_hz >= 0),
    boot_nonce          INTEGER NOT NULL,
    samples_planned     INTEGER NOT NULL CHECK (samples_planned >= 0),
    samples_sent        INTEGER NOT NULL CHECK (samples_sent >= 0),
    samples_consumed    INTEGER NOT NULL CHECK (samples_consumed >= 0),
    samples_lost        INTEGER NOT NULL,
    samples_unsent      INTEGER NOT NULL,
    outputs_emitted     INTEGER CHECK (outputs_emitted >= 0),
    outputs_stored      INTEGER NOT NULL CHECK (outputs_stored >= 0),
    outputs_lost        INTEGER,
    output_digest       TEXT,
    ledger_closed       INTEGER NOT NULL CHECK (ledger_closed IN (0, 1)),
    bytes_sent          INTEGER NOT NULL CHECK (bytes_sent >= 0),
    bytes_received      INTEGER NOT NULL CHECK (bytes_received >= 0),
    payload_bytes       INTEGER NOT NULL CHECK (payload_bytes >= 0),
    sample_bytes        INTEGER NOT NULL CHECK (sample_bytes >= 0),
    frames_sent         INTEGER NOT NULL CHECK (frames_sent >= 0),
    frames_resent       INTEGER NOT NULL CHECK (frames_resent >= 0),
    crc_errors          INTEGER NOT NULL CHECK (crc_errors >= 0),
    frame_errors        INTEGER NOT NULL CHECK (frame_errors >= 0),
    device_crc_errors   INTEGER NOT NULL CHECK (device_crc_errors >= 0),
    device_frame_errors INTEGER NOT NULL CHECK (device_frame_errors >= 0),
    underruns           INTEGER NOT NULL CHECK (underruns >= 0),
    UNIQUE (run_id, record_id, repeat, attempt),
    CONSTRAINT running_has_no_end CHECK ((outcome = 'running') = (ended_ns IS NULL)),
    CONSTRAINT closed_ledger_adds_up CHECK (ledger_closed = 0 OR (outputs_emitted IS NOT NULL
        AND outputs_lost IS NOT NULL AND samples_planned = samples_consumed + samples_lost + samples_unsent
        AND outputs_emitted = outputs_stored + outputs_lost)),
    CONSTRAINT complete_is_whole CHECK (outcome <> 'complete' OR (ledger_closed = 1
        AND samples_consumed = samples_planned AND samples_lost = 0 AND outputs_lost = 0))
) STRICT;
CREATE INDEX trial_by_record ON trial (record_id);
CREATE INDEX trial_by_result ON trial (result_key) WHERE result_key IS NOT NULL;

INSERT INTO schema_doc VALUES
    ('trial', '', '', 'one attempt to replay one record into the device, with its ledger'),
    ('trial', 'trial_id', '', 'number within this file'),
    ('trial', 'run_id', '', 'the run'),
    ('trial', 'record_id', '', 'the record'),
    ('trial', 'repeat', '', 'which repetition of the record, from 0'),
    ('trial', 'attempt', '', 'which attempt after rig trouble, from 0; only the last one counts'),
    ('trial', 'outcome', '', 'running, or how it ended (schema/outcomes.def); only complete trials are scored'),
    ('trial', 'why', '', 'the outcome in one sentence; empty when complete'),
    ('trial', 'result_key', '', 'SHA-256 over everything that determines the outputs (schema/store.md); NULL = not known'),
    ('trial', 'started_ns', 'ns', 'start on the host''s monotonic clock'),
    ('trial', 'ended_ns', 'ns', 'end on the host''s monotonic clock; NULL = running'),
    ('trial', 'firmware_name', '', 'what the device says that it runs; NULL = it never said'),
    ('trial', 'firmware_version', '', 'version of the firmware; NULL = the device never said'),
    ('trial', 'firmware_git', '', 'commit of the firmware; NULL = the device never said'),
    ('trial', 'device_id', '', 'the device''s own identifier; NULL = it never said'),
    ('trial', 'device_clock', '', 'what the device''s ticks count; NULL = it never said'),
    ('trial', 'device_clock_hz', 'Hz', 'ticks in a second; 0 = not known'),
    ('trial', 'boot_nonce', '', 'number that the device draws when it boots, which betrays a restart'),
    ('trial', 'samples_planned', 'samples', 'in the window, over all streams; = consumed + lost + unsent in a closed ledger'),
    ('trial', 'samples_sent', 'samples', 'sent at least once'),
    ('trial', 'samples_consumed', 'samples', 'taken by the algorithm, as the device says'),
    ('trial', 'samples_lost', 'samples', 'sent but never consumed; below 0 when the device claims more than it got'),
    ('trial', 'samples_unsent', 'samples', 'never sent, because the trial ended before'),
    ('trial', 'outputs_emitted', 'outputs', 'as the device says; NULL = it never said; = stored + lost in a closed ledger'),
    ('trial', 'outputs_stored', 'outputs', 'rows in the table output'),
    ('trial', 'outputs_lost', 'outputs', 'emitted but never stored; NULL = the device never said'),
    ('trial', 'output_digest', '', 'digest of all outputs, computed by the host; NULL = none'),
    ('trial', 'ledger_closed', '', '1 = both ledgers add up and the device''s digest of the outputs is the host''s'),
    ('trial', 'bytes_sent', 'B', 'on the line, host to device, everything included'),
    ('trial', 'bytes_received', 'B', 'on the line, device to host, everything included'),
    ('trial', 'payload_bytes', 'B', 'payload of SAMPLES frames, first transmissions only'),
    ('trial', 'sample_bytes', 'B', 'samples within that payload'),
    ('trial', 'frames_sent', 'frames', 'host to device, repeats included'),
    ('trial', 'frames_resent', 'frames', 'of these, sent before'),
    ('trial', 'crc_errors', 'frames', 'received by the host with a wrong checksum'),
    ('trial', 'frame_errors', 'frames', 'received by the host and no frame at all'),
    ('trial', 'device_crc_errors', 'frames', 'received by the device with a wrong checksum'),
    ('trial', 'device_frame_errors', 'frames', 'received by the device and no frame at all'),
    ('trial', 'underruns', '', 'times that the device''s ring ran dry in paced mode');

CREATE TABLE output (
    trial_id      INTEGER NOT NULL REFERENCES trial ON DELETE CASCADE,
    number        INTEGER NOT NULL CHECK (number >= 0),
    kind          INTEGER NOT NULL CHECK (kind BETWEEN 0 AND 255),
    stream        INTEGER NOT NULL CHECK (stream BETWEEN 0 AND 255),
    sample_index  INTEGER NOT NULL,
    at_index      INTEGER NOT NULL,
    ticks_arrival INTEGER NOT NULL CHECK (ticks_arrival BETWEEN 0 AND 4294967295),
    ticks_emitted INTEGER NOT NULL CHECK (ticks_emitted BETWEEN 0 AND 4294967295),
    host_ns       INTEGER NOT NULL,
    value0        INTEGER CHECK (value0 BETWEEN -2147483648 AND 2147483647),
    value1        INTEGER CHECK (value1 BETWEEN -2147483648 AND 2147483647),
    value2        INTEGER CHECK (value2 BETWEEN -2147483648 AND 2147483647),
    value3        INTEGER CHECK (value3 BETWEEN -2147483648 AND 2147483647),
    value4        INTEGER CHECK (value4 BETWEEN -2147483648 AND 2147483647),
    value5        INTEGER CHECK (value5 BETWEEN -2147483648 AND 2147483647),
    value6        INTEGER CHECK (value6 BETWEEN -2147483648 AND 2147483647),
    value7        INTEGER CHECK (value7 BETWEEN -2147483648 AND 2147483647),
    PRIMARY KEY (trial_id, number),
    CONSTRAINT values_have_no_gap CHECK (
        (value0 IS NOT NULL OR value1 IS NULL) AND (value1 IS NOT NULL OR value2 IS NULL)
        AND (value2 IS NOT NULL OR value3 IS NULL) AND (value3 IS NOT NULL OR value4 IS NULL)
        AND (value4 IS NOT NULL OR value5 IS NULL) AND (value5 IS NOT NULL OR value6 IS NULL)
        AND (value6 IS NOT NULL OR value7 IS NULL))
) STRICT, WITHOUT ROWID;

INSERT INTO schema_doc VALUES
    ('output', '', '', 'what the device said about the signal'),
    ('output', 'trial_id', '', 'the trial'),
    ('output', 'number', '', 'the device''s own number of the output, from 0'),
    ('output', 'kind', '', 'what, as in schema/outputs.def'),
    ('output', 'stream', '', 'stream that it refers to'),
    ('output', 'sample_index', 'ticks', 'what it refers to, counted from the start of the window'),
    ('output', 'at_index', 'ticks', 'sample that was being consumed when it was emitted'),
    ('output', 'ticks_arrival', 'device ticks', 'device clock when that sample arrived; wraps at 2^32'),
    ('output', 'ticks_emitted', 'device ticks', 'device clock when the output was emitted; wraps at 2^32'),
    ('output', 'host_ns', 'ns', 'arrival at the host on its monotonic clock'),
    ('output', 'value0', '', 'first value; its meaning is in schema/outputs.def; NULL = the output has fewer'),
    ('output', 'value1', '', 'second value, or NULL'),
    ('output', 'value2', '', 'third value, or NULL'),
    ('output', 'value3', '', 'fourth value, or NULL'),
    ('output', 'value4', '', 'fifth value, or NULL'),
    ('output', 'value5', '', 'sixth value, or NULL'),
    ('output', 'value6', '', 'seventh value, or NULL'),
    ('output', 'value7', '', 'eighth value, or NULL');

CREATE TABLE sync (
    trial_id         INTEGER NOT NULL REFERENCES trial ON DELETE CASCADE,
    number           INTEGER NOT NULL CHECK (number >= 0),
    host_sent_ns     INTEGER NOT NULL,
    host_received_ns INTEGER NOT NULL,
    ticks_received   INTEGER NOT NULL CHECK (ticks_received BETWEEN 0 AND 4294967295),
    ticks_sent       INTEGER NOT NULL CHECK (ticks_sent BETWEEN 0 AND 4294967295),
    PRIMARY KEY (trial_id, number)
) STRICT, WITHOUT ROWID;

INSERT INTO schema_doc VALUES
    ('sync', '', '', 'exchanges of time stamps between host and device, raw'),
    ('sync', 'trial_id', '', 'the trial'),
    ('sync', 'number', '', 'place in the order of storing, from 0'),
    ('sync', 'host_sent_ns', 'ns', 'host clock when the question was sent'),
    ('sync', 'host_received_ns', 'ns', 'host clock when the answer came'),
    ('sync', 'ticks_received', 'device ticks', 'device clock when the question came; wraps at 2^32'),
    ('sync', 'ticks_sent', 'device ticks', 'device clock when the answer was sent; wraps at 2^32');

CREATE TABLE log (
    trial_id INTEGER NOT NULL REFERENCES trial ON DELETE CASCADE,
    number   INTEGER NOT NULL CHECK (number >= 0),
    host_ns  INTEGER NOT NULL,
    level    INTEGER NOT NULL CHECK (level BETWEEN 0 AND 255),
    source   TEXT NOT NULL,
    text     TEXT NOT NULL,
    PRIMARY KEY (trial_id, number)
) STRICT, WITHOUT ROWID;

INSERT INTO schema_doc VALUES
    ('log', '', '', 'what the device said in words, and what the harness saw'),
    ('log', 'trial_id', '', 'the trial'),
    ('log', 'number', '', 'place in the order of storing, from 0'),
    ('log', 'host_ns', 'ns', 'arrival at the host on its monotonic clock'),
    ('log', 'level', '', 'as the source gave it'),
    ('log', 'source', '', 'who said it'),
    ('log', 'text', '', 'the line');

-- What follows from it: derived rows, which judging again replaces -----------------------------

CREATE TABLE metric (
    run_id   INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    position INTEGER NOT NULL CHECK (position >= 0),
    name     TEXT NOT NULL CHECK (name <> ''),
    scope    TEXT NOT NULL CHECK (scope <> ''),
    value    REAL,
    unit     TEXT NOT NULL,
    low      REAL,
    high     REAL,
    n        INTEGER NOT NULL CHECK (n >= 0),
    PRIMARY KEY (run_id, position),
    UNIQUE (run_id, name, scope)
) STRICT, WITHOUT ROWID;
CREATE INDEX metric_by_name ON metric (name, scope);

INSERT INTO schema_doc VALUES
    ('metric', '', '', 'a number with its interval and its n'),
    ('metric', 'run_id', '', 'the run'),
    ('metric', 'position', '', 'place in the order of the scorers, from 0'),
    ('metric', 'name', '', 'name of the metric (schema/metrics.md)'),
    ('metric', 'scope', '', 'gross (all events together), average (over the records), or the name of a record'),
    ('metric', 'value', 'see unit', 'the number; NULL = there is none (its denominator is 0)'),
    ('metric', 'unit', '', 'unit of value, low and high'),
    ('metric', 'low', 'see unit', 'lower end of the 95 % interval; NULL = none'),
    ('metric', 'high', 'see unit', 'upper end of the 95 % interval; NULL = none'),
    ('metric', 'n', '', 'how many cases the number rests on');

CREATE TABLE gate (
    run_id          INTEGER NOT NULL REFERENCES run ON DELETE CASCADE,
    gate            INTEGER NOT NULL CHECK (gate >= 0),
    metric          TEXT NOT NULL,
    scope           TEXT NOT NULL,
    rule            TEXT NOT NULL CHECK (rule IN ('min', 'max')),
    limit_value     REAL NOT NULL,
    value           REAL,
    verdict         TEXT NOT NULL CHECK (verdict IN ('pass', 'fail', 'inconclusive')),
    scenario_line   INTEGER NOT NULL CHECK (scenario_line >= 0),
    scenario_column INTEGER NOT NULL CHECK (scenario_column >= 0),
    PRIMARY KEY (run_id, gate, scope),
    CONSTRAINT pass_is_within_limit CHECK (verdict <> 'pass' OR (value IS NOT NULL
        AND ((rule = 'min' AND value >= limit_value) OR (rule = 'max' AND value <= limit_value))))
) STRICT, WITHOUT ROWID;

INSERT INTO schema_doc VALUES
    ('gate', '', '', 'a limit on a metric, judged'),
    ('gate', 'run_id', '', 'the run'),
    ('gate', 'gate', '', 'place of the gate in the scenario, from 0'),
    ('gate', 'metric', '', 'metric that is limited'),
    ('gate', 'scope', '', 'scope of the metric; a gate on each record has a row for each'),
    ('gate', 'rule', '', 'min: the value must not be below the limit; max: not above'),
    ('gate', 'limit_value', 'the metric''s', 'the limit'),
    ('gate', 'value', 'the metric''s', 'what was judged; NULL = there was none'),
    ('gate', 'verdict', '', 'pass, fail or inconclusive'),
    ('gate', 'scenario_line', '', 'line of the gate in the scenario, from 1; 0 = not known'),
    ('gate', 'scenario_column', '', 'column of the gate in the scenario, from 1; 0 = not known');

-- Views: the public interface.  A view and its columns stay as long as the format does ---------

CREATE VIEW v_run AS
SELECT r.run_id, r.uid, r.scenario, r.dut, r.algorithm,
    strftime('%Y-%m-%dT%H:%M:%SZ', r.started_utc_ns / 1000000000, 'unixepoch') AS started_utc,
    r.started_utc_ns / 1000000000 AS time_s,
    (r.ended_utc_ns - r.started_utc_ns) / 1e9 AS duration_s,
    r.status, r.verdict, r.exit_code, r.why,
    (SELECT count(*) FROM trial t WHERE t.run_id = r.run_id) AS trials,
    (SELECT count(*) FROM trial t WHERE t.run_id = r.run_id AND t.outcome = 'complete')
        AS trials_complete,
    (SELECT count(*) FROM gate g WHERE g.run_id = r.run_id) AS gates,
    (SELECT count(*) FROM gate g WHERE g.run_id = r.run_id AND g.verdict = 'fail') AS gates_failed,
    (SELECT t.firmware_version FROM trial t WHERE t.run_id = r.run_id
        AND t.firmware_version IS NOT NULL ORDER BY t.trial_id LIMIT 1) AS firmware_version,
    (SELECT t.firmware_git FROM trial t WHERE t.run_id = r.run_id
        AND t.firmware_git IS NOT NULL ORDER BY t.trial_id LIMIT 1) AS firmware_git,
    r.seed, r.host, r.vitalrig_version
FROM run r;
INSERT INTO schema_doc VALUES
    ('v_run', '', '', 'one line per run'),
    ('v_run', 'started_utc', '', 'start, as in 2026-11-22T22:00:04Z'),
    ('v_run', 'time_s', 's', 'start, since 1970-01-01 UTC'),
    ('v_run', 'duration_s', 's', 'from start to end; NULL = not ended'),
    ('v_run', 'trials', '', 'trials, every attempt counted'),
    ('v_run', 'trials_complete', '', 'of these, complete'),
    ('v_run', 'gates', '', 'gates judged, one for each record where the gate asks for it'),
    ('v_run', 'gates_failed', '', 'of these, failed'),
    ('v_run', 'firmware_version', '', 'version of the firmware in the first trial in which the device told it'),
    ('v_run', 'firmware_git', '', 'commit of the firmware in the first trial in which the device told it');

CREATE VIEW v_trial AS
SELECT t.run_id, r.uid, r.scenario, t.trial_id, c.name AS record, t.repeat, t.attempt, t.outcome,
    t.why, (t.ended_ns - t.started_ns) / 1e9 AS duration_s,
    c.sample_count * 1.0 * c.rate_den / c.rate_num AS record_s,
    t.outputs_stored, t.ledger_closed, t.frames_resent, t.crc_errors, t.underruns,
    t.firmware_name, t.firmware_version, t.firmware_git, t.device_id, t.result_key, t.output_digest
FROM trial t JOIN run r USING (run_id) JOIN record c USING (record_id);
INSERT INTO schema_doc VALUES
    ('v_trial', '', '', 'one line per trial'),
    ('v_trial', 'record', '', 'name of the record'),
    ('v_trial', 'duration_s', 's', 'how long the trial took; NULL = running'),
    ('v_trial', 'record_s', 's', 'how long the replayed window lasts at the sensor''s rate');

CREATE VIEW v_ledger AS
SELECT t.run_id, r.uid, t.trial_id, c.name AS record, t.repeat, t.attempt, t.outcome,
    t.samples_planned, t.samples_sent, t.samples_consumed, t.samples_lost, t.samples_unsent,
    t.samples_planned - t.samples_consumed - t.samples_lost - t.samples_unsent AS samples_open,
    t.outputs_emitted, t.outputs_stored, t.outputs_lost,
    t.outputs_emitted - t.outputs_stored - t.outputs_lost AS outputs_open,
    t.ledger_closed
FROM trial t JOIN run r USING (run_id) JOIN record c USING (record_id);
INSERT INTO schema_doc VALUES
    ('v_ledger', '', '', 'where every sample and every output of a trial went'),
    ('v_ledger', 'record', '', 'name of the record'),
    ('v_ledger', 'samples_open', 'samples', 'planned - consumed - lost - unsent; 0 when the ledger is closed'),
    ('v_ledger', 'outputs_open', 'outputs', 'emitted - stored - lost; 0 when the ledger is closed; NULL = the device never said');

CREATE VIEW v_output AS
SELECT t.run_id, r.uid, o.trial_id, c.name AS record, t.outcome, o.number, o.kind, o.stream,
    o.sample_index, o.sample_index * 1.0 * c.rate_den / c.rate_num AS signal_s,
    o.value0, o.value1, o.value2, o.value3, o.value4, o.value5, o.value6, o.value7
FROM output o JOIN trial t USING (trial_id) JOIN run r USING (run_id) JOIN record c USING (record_id);
INSERT INTO schema_doc VALUES
    ('v_output', '', '', 'outputs with their place in the signal in seconds'),
    ('v_output', 'record', '', 'name of the record'),
    ('v_output', 'signal_s', 's', 'what it refers to, from the start of the window');

CREATE VIEW v_trend AS
SELECT r.scenario, m.name AS metric, m.scope, m.unit, r.started_utc_ns / 1000000000 AS time_s,
    strftime('%Y-%m-%dT%H:%M:%SZ', r.started_utc_ns / 1000000000, 'unixepoch') AS started_utc,
    m.value, m.low, m.high, m.n, r.dut, r.algorithm, r.verdict, r.run_id, r.uid
FROM metric m JOIN run r USING (run_id) WHERE m.scope IN ('gross', 'average');
INSERT INTO schema_doc VALUES
    ('v_trend', '', '', 'every metric of a whole run over time'),
    ('v_trend', 'metric', '', 'name of the metric (schema/metrics.md)'),
    ('v_trend', 'scope', '', 'gross or average');

CREATE VIEW v_record_rank AS
SELECT m.run_id, r.uid, m.name AS metric, m.scope AS record, m.value, m.unit, m.n,
    rank() OVER (PARTITION BY m.run_id, m.name ORDER BY m.value) AS rank_lowest,
    rank() OVER (PARTITION BY m.run_id, m.name ORDER BY m.value DESC) AS rank_highest
FROM metric m JOIN run r USING (run_id)
WHERE m.scope NOT IN ('gross', 'average') AND m.value IS NOT NULL;
INSERT INTO schema_doc VALUES
    ('v_record_rank', '', '', 'the records of a run in the order of a metric; records without a value are left out'),
    ('v_record_rank', 'metric', '', 'name of the metric (schema/metrics.md)'),
    ('v_record_rank', 'record', '', 'name of the record'),
    ('v_record_rank', 'rank_lowest', '', '1 = the lowest value: the worst where more is better'),
    ('v_record_rank', 'rank_highest', '', '1 = the highest value: the worst where less is better');

CREATE VIEW v_gate AS
SELECT g.run_id, r.uid, r.scenario, r.started_utc_ns / 1000000000 AS time_s, g.gate, g.metric, g.scope,
    g.rule, g.limit_value, g.value, g.verdict, g.scenario_line
FROM gate g JOIN run r USING (run_id);
INSERT INTO schema_doc VALUES
    ('v_gate', '', '', 'every gate of every run');

CREATE VIEW v_nondeterminism AS
SELECT result_key, count(DISTINCT output_digest) AS digests, count(*) AS trials,
    min(trial_id) AS first_trial_id, max(trial_id) AS last_trial_id
FROM trial WHERE outcome = 'complete' AND result_key IS NOT NULL
GROUP BY result_key HAVING count(DISTINCT output_digest) > 1;
INSERT INTO schema_doc VALUES
    ('v_nondeterminism', '', '', 'equal result keys with unequal outputs; good firmware has none'),
    ('v_nondeterminism', 'result_key', '', 'what the trials share (schema/store.md)'),
    ('v_nondeterminism', 'digests', '', 'how many different digests of the outputs there are'),
    ('v_nondeterminism', 'trials', '', 'complete trials with this key'),
    ('v_nondeterminism', 'first_trial_id', '', 'the first of them'),
    ('v_nondeterminism', 'last_trial_id', '', 'the last of them');

-- A column of a view that has no line above means what the column of that name means in the tables that the
-- view is made of, in the first of these that has it.
INSERT OR IGNORE INTO schema_doc
WITH made (view, place, tbl) AS (VALUES
    ('v_run', 1, 'run'),
    ('v_trial', 1, 'trial'), ('v_trial', 2, 'run'),
    ('v_ledger', 1, 'trial'), ('v_ledger', 2, 'run'),
    ('v_output', 1, 'output'), ('v_output', 2, 'trial'), ('v_output', 3, 'run'),
    ('v_trend', 1, 'metric'), ('v_trend', 2, 'run'), ('v_trend', 3, 'v_run'),
    ('v_record_rank', 1, 'metric'), ('v_record_rank', 2, 'run'),
    ('v_gate', 1, 'gate'), ('v_gate', 2, 'run'), ('v_gate', 3, 'v_run'))
SELECT made.view, col.name, doc.unit, doc.doc
FROM made JOIN pragma_table_info(made.view) col
JOIN schema_doc doc ON doc.tbl = made.tbl AND doc.col = col.name
ORDER BY made.view, made.place;
