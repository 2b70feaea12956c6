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
    scale          TEXT NOT NULL CHECK (json_valid(scale)),
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
    PRIMARY KEY (stream_id, output),
    CONSTRAINT lost_has_no_energy CHECK (lost = 0 OR gross_uj IS NULL),
    CONSTRAINT no_energy_has_a_reason CHECK ((gross_uj IS NULL) = (why <> ''))
) STRICT, WITHOUT ROWID;
