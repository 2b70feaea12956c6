-- Schema of run files and catalogues, version 3: power.  Traces of meters, the clocks that join them to the device, energy.

PRAGMA user_version = 3;

-- One meter during one trial.  It is written when sampling begins, so that a process that dies leaves what it had.
CREATE TABLE power_stream (
    stream_id      INTEGER PRIMARY KEY,
    trial_id       INTEGER NOT NULL REFERENCES trial ON DELETE CASCADE,
    meter          TEXT NOT NULL CHECK (meter <> ''),
    instrument     TEXT NOT NULL,
    serial         TEXT NOT NULL,
    firmware       TEXT NOT NULL,
    settings       TEXT NOT NULL,
    rate_num       INTEGER NOT NULL CHECK (rate_num BETWEEN 1 AND 4294967295),
    rate_den       INTEGER NOT NULL CHECK (rate_den BETWEEN 1 AND 4294967295),
    quantity       TEXT NOT NULL CHECK (quantity IN ('current', 'power', 'energy')),
    is_coded       INTEGER NOT NULL CHECK (is_coded IN (0, 1)),
    has_volts      INTEGER NOT NULL CHECK (has_volts IN (0, 1)),
    has_lines      INTEGER NOT NULL CHECK (has_lines IN (0, 1)),
    is_calibrated  INTEGER NOT NULL CHECK (is_calibrated IN (0, 1)),
    is_integrating INTEGER NOT NULL CHECK (is_integrating IN (0, 1)),
    scale          TEXT NOT NULL CHECK (scale <> ''),
    supply_v       REAL CHECK (supply_v > 0),
    busy_line      INTEGER CHECK (busy_line BETWEEN 0 AND 7),
    inference_line INTEGER CHECK (inference_line BETWEEN 0 AND 7),
    mode           TEXT NOT NULL CHECK (mode IN ('silent', 'paced', 'max')),
    started_ns     INTEGER NOT NULL,
    ended_ns       INTEGER,
    sample_count   INTEGER NOT NULL DEFAULT 0 CHECK (sample_count >= 0),
    lost_count     INTEGER NOT NULL DEFAULT 0 CHECK (lost_count BETWEEN 0 AND sample_count),
    why            TEXT NOT NULL DEFAULT '',
    UNIQUE (trial_id, meter)
) STRICT;

-- Rowid tables: without a rowid every blob would spill to an overflow page of its own.  Chunks of 16,384 samples are many pages long.
CREATE TABLE power_chunk (
    chunk_id       INTEGER PRIMARY KEY,
    stream_id      INTEGER NOT NULL REFERENCES power_stream ON DELETE CASCADE,
    number         INTEGER NOT NULL CHECK (number >= 0),
    count          INTEGER NOT NULL CHECK (count BETWEEN 1 AND 16384),
    lost           INTEGER NOT NULL CHECK (lost BETWEEN 0 AND count),
    lost_before    INTEGER NOT NULL CHECK (lost_before >= 0),
    charge_c       REAL,
    charge_before_c REAL,
    charge_before_low_c REAL,
    energy_j       REAL,
    energy_before_j REAL,
    energy_before_low_j REAL,
    gain_err_j     REAL,
    gain_err_before_j REAL,
    crc32c         INTEGER NOT NULL CHECK (crc32c BETWEEN 0 AND 4294967295),
    data           BLOB NOT NULL,
    UNIQUE (stream_id, number)
) STRICT;

CREATE TABLE power_zoom (
    zoom_id   INTEGER PRIMARY KEY,
    stream_id INTEGER NOT NULL REFERENCES power_stream ON DELETE CASCADE,
    level     INTEGER NOT NULL CHECK (level BETWEEN 1 AND 8),
    number    INTEGER NOT NULL CHECK (number >= 0),
    data      BLOB NOT NULL,
    UNIQUE (stream_id, level, number)
) STRICT;

CREATE TABLE power_gap (
    stream_id INTEGER NOT NULL REFERENCES power_stream ON DELETE CASCADE,
    first     INTEGER NOT NULL CHECK (first >= 0),
    count     INTEGER NOT NULL CHECK (count BETWEEN count_min AND count_max),
    kind      TEXT NOT NULL CHECK (kind IN ('counter', 'arrival', 'desync', 'marked', 'unplug')),
    count_min INTEGER NOT NULL CHECK (count_min >= 0),
    count_max INTEGER NOT NULL,
    place_err INTEGER NOT NULL CHECK (place_err >= 0),
    PRIMARY KEY (stream_id, first, kind)
) STRICT, WITHOUT ROWID;

CREATE TABLE power_edge (
    stream_id INTEGER NOT NULL REFERENCES power_stream ON DELETE CASCADE,
    sample    INTEGER NOT NULL CHECK (sample >= 0),
    line      INTEGER NOT NULL CHECK (line BETWEEN 0 AND 7),
    level     INTEGER NOT NULL CHECK (level IN (0, 1)),
    PRIMARY KEY (stream_id, sample, line)
) STRICT, WITHOUT ROWID;

CREATE TABLE mark (
    trial_id         INTEGER NOT NULL REFERENCES trial ON DELETE CASCADE,
    number           INTEGER NOT NULL CHECK (number >= 0),
    line             INTEGER NOT NULL CHECK (line BETWEEN 0 AND 255),
    level            INTEGER NOT NULL CHECK (level IN (0, 1)),
    ticks            INTEGER NOT NULL CHECK (ticks BETWEEN 0 AND 4294967295),
    host_sent_ns     INTEGER NOT NULL,
    host_received_ns INTEGER NOT NULL,
    PRIMARY KEY (trial_id, number)
) STRICT, WITHOUT ROWID;

CREATE TABLE power_clock (
    stream_id    INTEGER NOT NULL REFERENCES power_stream ON DELETE CASCADE,
    clock        TEXT NOT NULL CHECK (clock IN ('device', 'host')),
    part         INTEGER NOT NULL CHECK (part >= 0),
    method       TEXT NOT NULL CHECK (method IN ('edges', 'arrivals', 'round trips')),
    x0           INTEGER NOT NULL,
    x1           INTEGER NOT NULL CHECK (x1 >= x0),
    y0           REAL NOT NULL,
    slope        REAL NOT NULL CHECK (slope > 0),
    residual_max REAL NOT NULL CHECK (residual_max >= 0),
    bound        REAL CHECK (bound >= 0),
    n            INTEGER NOT NULL CHECK (n >= 1),
    PRIMARY KEY (stream_id, clock, part)
) STRICT, WITHOUT ROWID;

-- Derived from the samples, the outputs and the clocks; made again when the samples are at hand.
CREATE TABLE power_span (
    stream_id    INTEGER PRIMARY KEY REFERENCES power_stream ON DELETE CASCADE,
    first        INTEGER NOT NULL CHECK (first >= 0),
    end          INTEGER NOT NULL CHECK (end >= first),
    seconds      REAL NOT NULL CHECK (seconds >= 0),
    gross_uj     REAL,
    charge_uc    REAL,
    idle_uw      REAL,
    gain_err_uj  REAL,
    busy_uj      REAL,
    busy_s       REAL,
    lost         INTEGER NOT NULL CHECK (lost >= 0),
    coverage     REAL CHECK (coverage BETWEEN 0 AND 1),
    time_err_us  REAL,
    validity     TEXT NOT NULL CHECK (validity IN ('valid', 'incomplete', 'none')),
    why          TEXT NOT NULL,
    CONSTRAINT valid_is_covered CHECK (validity <> 'valid' OR (coverage >= 0.999 AND gross_uj IS NOT NULL)),
    CONSTRAINT invalid_has_a_reason CHECK ((validity = 'valid') = (why = ''))
) STRICT;

CREATE TABLE power_inference (
    stream_id    INTEGER NOT NULL REFERENCES power_stream ON DELETE CASCADE,
    output       INTEGER NOT NULL CHECK (output >= 0),
    method       TEXT NOT NULL CHECK (method IN ('edges', 'clock')),
    first        REAL,
    end          REAL,
    duration_us  REAL,
    gross_uj     REAL,
    net_uj       REAL,
    charge_uc    REAL,
    peak_ma      REAL,
    pre_uj       REAL,
    core_uj      REAL,
    post_uj      REAL,
    time_err_us  REAL,
    edge_err_uj  REAL,
    gain_err_uj  REAL,
    noise_err_uj REAL,
    lost         INTEGER NOT NULL CHECK (lost >= 0),
    why          TEXT NOT NULL,
    shares       INTEGER NOT NULL CHECK (shares BETWEEN 0 AND output),
    PRIMARY KEY (stream_id, output),
    CONSTRAINT lost_has_no_energy CHECK (lost = 0 OR gross_uj IS NULL),
    CONSTRAINT an_energy_counts_once CHECK (shares = 0 OR gross_uj IS NULL),
    CONSTRAINT no_energy_has_a_reason CHECK ((gross_uj IS NULL) = (why <> ''))
) STRICT, WITHOUT ROWID;

CREATE TABLE power_window (
    stream_id   INTEGER NOT NULL REFERENCES power_stream ON DELETE CASCADE,
    number      INTEGER NOT NULL CHECK (number BETWEEN 1 AND 5),
    first       INTEGER NOT NULL CHECK (first >= 0),
    end         INTEGER NOT NULL CHECK (end >= first),
    seconds     REAL NOT NULL CHECK (seconds >= 0),
    inferences  INTEGER NOT NULL CHECK (inferences >= 0),
    gross_uj    REAL,
    edge_err_uj REAL,
    gain_err_uj REAL,
    lost        INTEGER NOT NULL CHECK (lost BETWEEN 0 AND end - first),
    why         TEXT NOT NULL,
    PRIMARY KEY (stream_id, number),
    CONSTRAINT a_window_keeps_the_rules CHECK (why <> '' OR (gross_uj IS NOT NULL AND seconds >= 10
        AND inferences >= 10 AND lost <= 0.001 * (end - first)))
) STRICT, WITHOUT ROWID;

CREATE TABLE power_segment (
    stream_id   INTEGER NOT NULL REFERENCES power_stream ON DELETE CASCADE,
    number      INTEGER NOT NULL CHECK (number >= 0),
    from_s      REAL NOT NULL CHECK (from_s >= 0),
    to_s        REAL NOT NULL CHECK (to_s > from_s),
    first       INTEGER CHECK (first >= 0),
    end         INTEGER CHECK (end >= first),
    seconds     REAL CHECK (seconds >= 0),
    gross_uj    REAL,
    edge_err_uj REAL,
    gain_err_uj REAL,
    time_err_us REAL,
    lost        INTEGER NOT NULL CHECK (lost >= 0),
    coverage    REAL CHECK (coverage BETWEEN 0 AND 1),
    beats       INTEGER NOT NULL CHECK (beats >= 0),
    inferences  INTEGER NOT NULL CHECK (inferences >= 0),
    why         TEXT NOT NULL,
    PRIMARY KEY (stream_id, number),
    CONSTRAINT a_segment_is_covered CHECK (why <> '' OR (gross_uj IS NOT NULL AND coverage >= 0.999)),
    CONSTRAINT a_segment_without_energy_has_a_reason CHECK ((gross_uj IS NULL) = (why <> ''))
) STRICT, WITHOUT ROWID;

INSERT INTO schema_doc VALUES
    ('power_stream', '', '', 'a power meter during a trial: what it is, how it was set, how much it took'),
    ('power_stream', 'stream_id', '', 'number of the stream in this file'),
    ('power_stream', 'trial_id', '', 'the trial'),
    ('power_stream', 'meter', '', 'name of the meter in the rig'),
    ('power_stream', 'instrument', '', 'what it is, as it says itself'),
    ('power_stream', 'serial', '', 'its serial number; empty = it has none'),
    ('power_stream', 'firmware', '', 'version of its firmware; empty = it does not say'),
    ('power_stream', 'settings', '', 'how it was set, in words'),
    ('power_stream', 'rate_num', 'Hz', 'samples a second, numerator'),
    ('power_stream', 'rate_den', '', 'samples a second, denominator'),
    ('power_stream', 'quantity', '', 'what a sample is: current (A), power (W), or energy (J in the sample''s own period)'),
    ('power_stream', 'is_coded', '', '1 = samples are kept as the instrument''s codes, values by scale; 0 = as values'),
    ('power_stream', 'has_volts', '', '1 = the voltage of each sample was measured; 0 = supply_v holds for all'),
    ('power_stream', 'has_lines', '', '1 = the levels of eight digital inputs come with each sample'),
    ('power_stream', 'is_calibrated', '', '1 = scale is the calibration of this very instrument; 0 = nominal'),
    ('power_stream', 'is_integrating', '', '1 = a sample is the mean over its period; 0 = the instant in its middle'),
    ('power_stream', 'scale', '', 'JSON: a = [a0, a1, a2] by range, value = a0 + a1 code + a2 code^2; gain_err by range, half width as part of the reading, null = the maker does not say; ceiling = code from which on the input was out of range, 0 = none'),
    ('power_stream', 'supply_v', 'V', 'supply of the device where it is not measured; NULL = measured, or not known'),
    ('power_stream', 'busy_line', '', 'digital input that is high while the device computes, 0 to 7; NULL = not wired'),
    ('power_stream', 'inference_line', '', 'digital input that is high during an inference, 0 to 7; NULL = not wired'),
    ('power_stream', 'mode', '', 'what the line to the device did meanwhile: silent (was quiet), paced, max'),
    ('power_stream', 'started_ns', 'ns', 'host clock when sampling was asked for'),
    ('power_stream', 'ended_ns', 'ns', 'host clock when sampling ended; NULL = the process died, the samples end where they end'),
    ('power_stream', 'sample_count', 'samples', 'from the first to the last one, lost ones among them; 0 until the stream ended'),
    ('power_stream', 'lost_count', 'samples', 'how many of them were lost; 0 until the stream ended'),
    ('power_stream', 'why', '', 'what went wrong with the meter, in one sentence; empty = nothing'),

    ('power_chunk', '', '', 'samples of a stream, 16,384 in a chunk (schema/store.md); one in which every sample was lost may not be there; only in the run file, never in a catalogue'),
    ('power_chunk', 'chunk_id', '', 'number of the row'),
    ('power_chunk', 'stream_id', '', 'the stream'),
    ('power_chunk', 'number', '', 'it begins at sample 16384 times this'),
    ('power_chunk', 'count', 'samples', 'in it, lost ones among them; below 16384 only in the last one'),
    ('power_chunk', 'lost', 'samples', 'lost ones in it'),
    ('power_chunk', 'lost_before', 'samples', 'lost ones of the stream before it'),
    ('power_chunk', 'charge_c', 'C', 'charge of the samples in it that are there; NULL = the quantity is no current'),
    ('power_chunk', 'charge_before_c', 'C', 'charge of the stream before it, to the nearest double'),
    ('power_chunk', 'charge_before_low_c', 'C', 'what that double lacks: the sum of both is charge_before'),
    ('power_chunk', 'energy_j', 'J', 'energy of the samples in it that are there; NULL = the supply is not known'),
    ('power_chunk', 'energy_before_j', 'J', 'energy of the stream before it, to the nearest double'),
    ('power_chunk', 'energy_before_low_j', 'J', 'what that double lacks'),
    ('power_chunk', 'gain_err_j', 'J', 'half width of the systematic error of energy_j; NULL = the maker does not say'),
    ('power_chunk', 'gain_err_before_j', 'J', 'the same for the stream before it'),
    ('power_chunk', 'crc32c', '', 'CRC-32C of data'),
    ('power_chunk', 'data', '', 'the samples, compressed (schema/store.md, "Blobs of power traces")'),

    ('power_zoom', '', '', 'the pyramid of a stream: smallest, largest and mean value of pieces of it, for plots; only in the run file'),
    ('power_zoom', 'zoom_id', '', 'number of the row'),
    ('power_zoom', 'stream_id', '', 'the stream'),
    ('power_zoom', 'level', '', 'a node of level 1 is made of 256 samples, of each level above of 64 nodes'),
    ('power_zoom', 'number', '', 'its first node is that of number 1024 times this in its level'),
    ('power_zoom', 'data', '', 'up to 1024 nodes, compressed (schema/store.md)'),

    ('power_gap', '', '', 'samples that were lost, and how that was found; they are in the chunks too, as missing samples'),
    ('power_gap', 'stream_id', '', 'the stream'),
    ('power_gap', 'first', 'samples', 'index of the first one'),
    ('power_gap', 'count', 'samples', 'how many'),
    ('power_gap', 'kind', '', 'counter (by the instrument''s count), arrival (by the times of arrival), desync (bytes were lost), marked (the instrument says so), unplug (it was away)'),
    ('power_gap', 'count_min', 'samples', 'at least so many'),
    ('power_gap', 'count_max', 'samples', 'at most so many'),
    ('power_gap', 'place_err', 'samples', 'the true place is at most so far from first'),

    ('power_edge', '', '', 'changes of the digital inputs that came with a stream; only in the run file'),
    ('power_edge', 'stream_id', '', 'the stream'),
    ('power_edge', 'sample', 'samples', 'index of the first sample at the new level'),
    ('power_edge', 'line', '', 'the input, 0 to 7'),
    ('power_edge', 'level', '', '1 = high'),

    ('mark', '', '', 'the device switched a line because the host asked it to, raw'),
    ('mark', 'trial_id', '', 'the trial'),
    ('mark', 'number', '', 'place in the order of storing, from 0'),
    ('mark', 'line', '', 'line of the device'),
    ('mark', 'level', '', '1 = on'),
    ('mark', 'ticks', 'device ticks', 'device clock right behind the switch; wraps at 2^32'),
    ('mark', 'host_sent_ns', 'ns', 'host clock when the device was asked'),
    ('mark', 'host_received_ns', 'ns', 'host clock when the answer came'),

    ('power_clock', '', '', 'pieces of the line from another clock to the sample index: sample = y0 + slope (x - x0), for x0 <= x <= x1'),
    ('power_clock', 'stream_id', '', 'the stream'),
    ('power_clock', 'clock', '', 'device (ticks since mark 0, not wrapped) or host (ns)'),
    ('power_clock', 'part', '', 'number of the piece, from 0'),
    ('power_clock', 'method', '', 'edges (pairs of edges and marks), arrivals (lower hull of the times of arrival), round trips'),
    ('power_clock', 'x0', 'ticks or ns', 'where the piece begins'),
    ('power_clock', 'x1', 'ticks or ns', 'where it ends'),
    ('power_clock', 'y0', 'samples', 'sample index at x0'),
    ('power_clock', 'slope', 'samples', 'for each tick or ns'),
    ('power_clock', 'residual_max', 'samples', 'largest distance of the points that the line rests on'),
    ('power_clock', 'bound', 'samples', 'an instant is not farther off than this; NULL = it cannot be bounded'),
    ('power_clock', 'n', '', 'points that the line rests on'),

    ('power_span', '', '', 'the part of a stream that is measured, from the first sample consumed to the last output: derived'),
    ('power_span', 'stream_id', '', 'the stream'),
    ('power_span', 'first', 'samples', 'index where it begins'),
    ('power_span', 'end', 'samples', 'index where it ends'),
    ('power_span', 'seconds', 's', 'how long it is'),
    ('power_span', 'gross_uj', 'uJ', 'energy of the device in it; NULL = there is none, see why'),
    ('power_span', 'charge_uc', 'uC', 'charge; NULL = there is none'),
    ('power_span', 'idle_uw', 'uW', 'power at rest: median of the quiet parts; NULL = there are none'),
    ('power_span', 'gain_err_uj', 'uJ', 'half width of the systematic error of gross_uj; NULL = not known'),
    ('power_span', 'busy_uj', 'uJ', 'energy while the device computed; NULL = the line is not wired'),
    ('power_span', 'busy_s', 's', 'how long it computed; NULL = the line is not wired'),
    ('power_span', 'lost', 'samples', 'lost ones in it'),
    ('power_span', 'coverage', '', 'part of the samples that is there, 0 to 1'),
    ('power_span', 'time_err_us', 'us', 'bound of the clock between device and samples; NULL = none'),
    ('power_span', 'validity', '', 'valid; incomplete (coverage below 99.9 %, or samples of the trial lost outside, or trouble with the meter), none: see why'),
    ('power_span', 'why', '', 'why it is not valid, in one sentence; empty = it is'),

    ('power_inference', '', '', 'the energy of an output of the device: derived'),
    ('power_inference', 'stream_id', '', 'the stream'),
    ('power_inference', 'output', '', 'number of the output in its trial'),
    ('power_inference', 'method', '', 'how its place was found: edges (of the inference line), clock (by the device''s time stamps)'),
    ('power_inference', 'first', 'samples', 'where it begins, between indexes; NULL = not known'),
    ('power_inference', 'end', 'samples', 'where it ends; NULL = not known'),
    ('power_inference', 'duration_us', 'us', 'how long it took'),
    ('power_inference', 'gross_uj', 'uJ', 'energy of the device meanwhile; NULL = there is none, see why'),
    ('power_inference', 'net_uj', 'uJ', 'the same without the power at rest; NULL = that is not known'),
    ('power_inference', 'charge_uc', 'uC', 'charge; NULL = there is none'),
    ('power_inference', 'peak_ma', 'mA', 'largest current; NULL = there is none'),
    ('power_inference', 'pre_uj', 'uJ', 'energy before the algorithm''s step; NULL = the inference line is not wired'),
    ('power_inference', 'core_uj', 'uJ', 'energy of the algorithm''s step; NULL = the inference line is not wired'),
    ('power_inference', 'post_uj', 'uJ', 'energy behind it; NULL = the inference line is not wired'),
    ('power_inference', 'time_err_us', 'us', 'each end is at most so far off; NULL = not known'),
    ('power_inference', 'edge_err_uj', 'uJ', 'half width of the error of gross_uj by the ends; NULL = not known'),
    ('power_inference', 'gain_err_uj', 'uJ', 'by the instrument''s gain; NULL = not known'),
    ('power_inference', 'noise_err_uj', 'uJ', 'by noise; NULL = not known'),
    ('power_inference', 'lost', 'samples', 'lost ones in it'),
    ('power_inference', 'why', '', 'why there is no energy, in one sentence; empty = there is'),
    ('power_inference', 'shares', '', '0 = it is the first output of its inference, and has the energy; k = it came out of the same inference as output - k, which has the energy'),

    ('power_window', '', '', 'the five windows of a trial by the rules of MLPerf Tiny: each at least 10 s and 10 inferences, from the begin of an inference to that of another; derived'),
    ('power_window', 'stream_id', '', 'the stream'),
    ('power_window', 'number', '', 'from 1, in the order of time'),
    ('power_window', 'first', 'samples', 'index where it begins'),
    ('power_window', 'end', 'samples', 'index where it ends'),
    ('power_window', 'seconds', 's', 'how long it is'),
    ('power_window', 'inferences', '', 'inferences in it'),
    ('power_window', 'gross_uj', 'uJ', 'energy of the device in it, with what it drew between inferences; NULL = the supply is not known'),
    ('power_window', 'edge_err_uj', 'uJ', 'half width of the error of gross_uj by the ends; NULL = not known'),
    ('power_window', 'gain_err_uj', 'uJ', 'by the instrument''s gain; NULL = not known'),
    ('power_window', 'lost', 'samples', 'lost ones in it'),
    ('power_window', 'why', '', 'the rule that it breaks, in words; empty = none'),

    ('power_segment', '', '', 'the energy of a minute of the record, of trials at a pace: derived'),
    ('power_segment', 'stream_id', '', 'the stream'),
    ('power_segment', 'number', '', 'from 0, in the order of time'),
    ('power_segment', 'from_s', 's', 'where it begins, from the start of the window of the record'),
    ('power_segment', 'to_s', 's', 'where it ends'),
    ('power_segment', 'first', 'samples', 'index of the trace where it begins; NULL = not known'),
    ('power_segment', 'end', 'samples', 'index where it ends; NULL = not known'),
    ('power_segment', 'seconds', 's', 'how long it took; NULL = not known'),
    ('power_segment', 'gross_uj', 'uJ', 'energy of the device in it; NULL = there is none, see why'),
    ('power_segment', 'edge_err_uj', 'uJ', 'half width of the error of gross_uj by the ends; NULL = not known'),
    ('power_segment', 'gain_err_uj', 'uJ', 'by the instrument''s gain; NULL = not known'),
    ('power_segment', 'time_err_us', 'us', 'each end is at most so far off; NULL = not known'),
    ('power_segment', 'lost', 'samples', 'lost ones in it'),
    ('power_segment', 'coverage', '', 'part of the samples that is there, 0 to 1; NULL = not known'),
    ('power_segment', 'beats', '', 'outputs of kind beat that refer to it'),
    ('power_segment', 'inferences', '', 'inferences that consumed a sample of it last'),
    ('power_segment', 'why', '', 'why there is no energy, in one sentence; empty = there is');

CREATE VIEW v_power AS
SELECT t.run_id, r.uid, r.scenario, r.dut, t.trial_id, c.name AS record, t.repeat, t.attempt, t.outcome,
    p.stream_id, p.meter, p.instrument, p.serial, p.quantity, p.is_calibrated, p.mode,
    p.sample_count * 1.0 * p.rate_den / p.rate_num AS trace_s,
    p.sample_count, p.lost_count,
    s.seconds, s.gross_uj, s.gross_uj / nullif(s.seconds, 0) / 1000 AS mean_mw, s.idle_uw, s.charge_uc, s.busy_uj,
    s.busy_s, s.gain_err_uj, s.coverage, s.time_err_us, coalesce(s.validity, 'none') AS validity,
    CASE WHEN p.why <> '' THEN p.why WHEN s.stream_id IS NULL THEN 'no energy was computed' ELSE s.why END AS why
FROM power_stream p JOIN trial t USING (trial_id) JOIN run r USING (run_id) JOIN record c USING (record_id)
LEFT JOIN power_span s USING (stream_id);
INSERT INTO schema_doc VALUES
    ('v_power', '', '', 'one line per power meter and trial'),
    ('v_power', 'record', '', 'name of the record'),
    ('v_power', 'trace_s', 's', 'how long the whole trace is'),
    ('v_power', 'mean_mw', 'mW', 'mean power of the measured part; NULL = there is none'),
    ('v_power', 'validity', '', 'valid; incomplete (coverage below 99.9 %, or samples of the trial lost outside, or trouble with the meter), none: see why'),
    ('v_power', 'why', '', 'what went wrong with the meter, or why the energy is not valid; empty = nothing, it is');

CREATE VIEW v_inference_energy AS
SELECT t.run_id, r.uid, r.scenario, r.dut, t.trial_id, c.name AS record, t.repeat, t.attempt, p.stream_id, p.meter,
    p.mode, i.output, o.kind, o.sample_index * 1.0 * c.rate_den / c.rate_num AS signal_s, i.method,
    i.first * p.rate_den / p.rate_num AS start_s, i.duration_us, i.gross_uj, i.net_uj, i.charge_uc, i.peak_ma,
    i.pre_uj, i.core_uj, i.post_uj, i.time_err_us, i.edge_err_uj, i.gain_err_uj, i.noise_err_uj, i.lost, i.why,
    i.shares
FROM power_inference i JOIN power_stream p USING (stream_id) JOIN trial t USING (trial_id)
JOIN run r USING (run_id) JOIN record c USING (record_id)
LEFT JOIN output o ON o.trial_id = p.trial_id AND o.number = i.output;
INSERT INTO schema_doc VALUES
    ('v_inference_energy', '', '', 'one line per output and power meter'),
    ('v_inference_energy', 'record', '', 'name of the record'),
    ('v_inference_energy', 'signal_s', 's', 'what the output refers to, from the start of the window; NULL = the output is not stored'),
    ('v_inference_energy', 'start_s', 's', 'where it begins in the trace; NULL = not known');

CREATE VIEW v_power_gap AS
SELECT t.run_id, r.uid, r.scenario, r.dut, t.trial_id, c.name AS record, t.repeat, t.attempt, p.stream_id, p.meter,
    g.first, g.first * 1.0 * p.rate_den / p.rate_num AS start_s, g.count,
    g.count * 1.0 * p.rate_den / p.rate_num AS duration_s, g.kind, g.count_min, g.count_max, g.place_err
FROM power_gap g JOIN power_stream p USING (stream_id) JOIN trial t USING (trial_id)
JOIN run r USING (run_id) JOIN record c USING (record_id);
INSERT INTO schema_doc VALUES
    ('v_power_gap', '', '', 'one line per gap in a power trace'),
    ('v_power_gap', 'record', '', 'name of the record'),
    ('v_power_gap', 'start_s', 's', 'where it begins in the trace'),
    ('v_power_gap', 'duration_s', 's', 'how long it is');

CREATE VIEW v_power_segment AS
SELECT t.run_id, r.uid, r.scenario, r.dut, t.trial_id, c.name AS record, t.repeat, t.attempt, p.stream_id, p.meter,
    s.number, s.from_s, s.to_s, s.seconds, s.gross_uj, s.gross_uj / nullif(s.seconds, 0) / 1000 AS mean_mw,
    s.edge_err_uj, s.gain_err_uj, s.time_err_us, s.lost, s.coverage, s.beats, s.inferences,
    s.gross_uj / nullif(s.beats, 0) AS beat_uj, s.gross_uj / nullif(s.inferences, 0) AS inference_uj, s.why
FROM power_segment s JOIN power_stream p USING (stream_id) JOIN trial t USING (trial_id)
JOIN run r USING (run_id) JOIN record c USING (record_id);
INSERT INTO schema_doc VALUES
    ('v_power_segment', '', '', 'one line per minute of a record and power meter, of trials at a pace'),
    ('v_power_segment', 'record', '', 'name of the record'),
    ('v_power_segment', 'mean_mw', 'mW', 'mean power; NULL = there is none'),
    ('v_power_segment', 'beat_uj', 'uJ', 'energy / beats; NULL = there is none'),
    ('v_power_segment', 'inference_uj', 'uJ', 'energy / inferences, with what the device drew between them; NULL = there is none');

INSERT OR IGNORE INTO schema_doc
WITH made (view, place, tbl) AS (VALUES
    ('v_power', 1, 'power_span'), ('v_power', 2, 'power_stream'), ('v_power', 3, 'trial'), ('v_power', 4, 'run'),
    ('v_inference_energy', 1, 'power_inference'), ('v_inference_energy', 2, 'power_stream'),
    ('v_inference_energy', 3, 'trial'), ('v_inference_energy', 4, 'run'), ('v_inference_energy', 5, 'output'),
    ('v_power_gap', 1, 'power_gap'), ('v_power_gap', 2, 'power_stream'), ('v_power_gap', 3, 'trial'),
    ('v_power_gap', 4, 'run'),
    ('v_power_segment', 1, 'power_segment'), ('v_power_segment', 2, 'power_stream'), ('v_power_segment', 3, 'trial'),
    ('v_power_segment', 4, 'run'))
SELECT made.view, col.name, doc.unit, doc.doc
FROM made JOIN pragma_table_info(made.view) col
JOIN schema_doc doc ON doc.tbl = made.tbl AND doc.col = col.name
ORDER BY made.view, made.place;
