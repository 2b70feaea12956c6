-- Schema of run files and catalogues, version 4: the service.  A run may be begun on one device of the bench and ended on another.

PRAGMA user_version = 4;

-- Not known of trials that were stored before: all of a run's were made on its one device.
ALTER TABLE trial ADD COLUMN dut TEXT NOT NULL DEFAULT '';
UPDATE trial SET dut = (SELECT r.dut FROM run r WHERE r.run_id = trial.run_id);

INSERT INTO schema_doc VALUES
    ('trial', 'dut', '', 'device under test of this trial: its name in the rig, or sim, or loop; run.dut unless the run went on with another device');

DROP VIEW v_trial;
CREATE VIEW v_trial AS
SELECT t.run_id, r.uid, r.scenario, t.dut, t.trial_id, c.name AS record, t.repeat, t.attempt, t.outcome,
    t.why, (t.ended_ns - t.started_ns) / 1e9 AS duration_s,
    c.sample_count * 1.0 * c.rate_den / c.rate_num AS record_s,
    t.outputs_stored, t.ledger_closed, t.frames_resent, t.crc_errors, t.underruns,
    t.firmware_name, t.firmware_version, t.firmware_git, t.device_id, t.result_key, t.output_digest
FROM trial t JOIN run r USING (run_id) JOIN record c USING (record_id);
INSERT INTO schema_doc SELECT 'v_trial', col, unit, doc FROM schema_doc WHERE tbl = 'trial' AND col = 'dut';

-- As before, but for the device: that of the trial.
DROP VIEW v_pacing;
CREATE VIEW v_pacing AS
SELECT t.run_id, r.uid, r.scenario, t.dut, t.trial_id, c.name AS record, t.repeat, t.attempt, t.outcome,
    p.n, p.error_p50_us, p.error_p99_us, p.error_max_us, p.drift_ppm, p.drift_ppm_err, p.clock_ppm,
    p.clock_ppm_err, t.underruns
FROM pacing p JOIN trial t USING (trial_id) JOIN run r USING (run_id) JOIN record c USING (record_id);

DROP VIEW v_power;
CREATE VIEW v_power AS
SELECT t.run_id, r.uid, r.scenario, t.dut, t.trial_id, c.name AS record, t.repeat, t.attempt, t.outcome,
    p.stream_id, p.meter, p.instrument, p.serial, p.quantity, p.is_calibrated, p.mode,
    p.sample_count * 1.0 * p.rate_den / p.rate_num AS trace_s,
    p.sample_count, p.lost_count,
    s.seconds, s.gross_uj, s.gross_uj / nullif(s.seconds, 0) / 1000 AS mean_mw, s.idle_uw, s.charge_uc, s.busy_uj,
    s.busy_s, s.gain_err_uj, s.coverage, s.time_err_us, coalesce(s.validity, 'none') AS validity,
    CASE WHEN p.why <> '' THEN p.why WHEN s.stream_id IS NULL THEN 'no energy was computed' ELSE s.why END AS why
FROM power_stream p JOIN trial t USING (trial_id) JOIN run r USING (run_id) JOIN record c USING (record_id)
LEFT JOIN power_span s USING (stream_id);

DROP VIEW v_inference_energy;
CREATE VIEW v_inference_energy AS
SELECT t.run_id, r.uid, r.scenario, t.dut, t.trial_id, c.name AS record, t.repeat, t.attempt, p.stream_id, p.meter,
    p.mode, i.output, o.kind, o.sample_index * 1.0 * c.rate_den / c.rate_num AS signal_s, i.method,
    i.first * p.rate_den / p.rate_num AS start_s, i.duration_us, i.gross_uj, i.net_uj, i.charge_uc, i.peak_ma,
    i.pre_uj, i.core_uj, i.post_uj, i.time_err_us, i.edge_err_uj, i.gain_err_uj, i.noise_err_uj, i.lost, i.why,
    i.shares
FROM power_inference i JOIN power_stream p USING (stream_id) JOIN trial t USING (trial_id)
JOIN run r USING (run_id) JOIN record c USING (record_id)
LEFT JOIN output o ON o.trial_id = p.trial_id AND o.number = i.output;

DROP VIEW v_power_gap;
CREATE VIEW v_power_gap AS
SELECT t.run_id, r.uid, r.scenario, t.dut, t.trial_id, c.name AS record, t.repeat, t.attempt, p.stream_id, p.meter,
    g.first, g.first * 1.0 * p.rate_den / p.rate_num AS start_s, g.count,
    g.count * 1.0 * p.rate_den / p.rate_num AS duration_s, g.kind, g.count_min, g.count_max, g.place_err
FROM power_gap g JOIN power_stream p USING (stream_id) JOIN trial t USING (trial_id)
JOIN run r USING (run_id) JOIN record c USING (record_id);

DROP VIEW v_power_segment;
CREATE VIEW v_power_segment AS
SELECT t.run_id, r.uid, r.scenario, t.dut, t.trial_id, c.name AS record, t.repeat, t.attempt, p.stream_id, p.meter,
    s.number, s.from_s, s.to_s, s.seconds, s.gross_uj, s.gross_uj / nullif(s.seconds, 0) / 1000 AS mean_mw,
    s.edge_err_uj, s.gain_err_uj, s.time_err_us, s.lost, s.coverage, s.beats, s.inferences,
    s.gross_uj / nullif(s.beats, 0) AS beat_uj, s.gross_uj / nullif(s.inferences, 0) AS inference_uj, s.why
FROM power_segment s JOIN power_stream p USING (stream_id) JOIN trial t USING (trial_id)
JOIN run r USING (run_id) JOIN record c USING (record_id);

UPDATE schema_doc SET doc = (SELECT doc FROM schema_doc WHERE tbl = 'trial' AND col = 'dut')
WHERE col = 'dut' AND tbl IN ('v_pacing', 'v_power', 'v_inference_energy', 'v_power_gap', 'v_power_segment');
UPDATE schema_doc SET doc = 'device under test: its name in the rig, or sim, or loop; a run that went on with another device has the first one here, and trial.dut the others'
WHERE tbl = 'run' AND col = 'dut';
