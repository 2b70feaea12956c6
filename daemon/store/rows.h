/* Rows and columns: which field of a row's struct stands in which column, said once.
 *
 * A list X(kind, column, field) makes the column names of the SQL text, the binding and the reading, so that they cannot disagree.
 * Only daemon/store includes this file. */
#ifndef VR_STORE_ROWS_H
#define VR_STORE_ROWS_H

#include "store/sql.h"

/* C type of the field, and what NULL in the column means. */
enum vr_field_kind {
    VR_FIELD_INT64,
    VR_FIELD_INT64_OR_0,    /* 0 = NULL */
    VR_FIELD_INT64_OR_M1,   /* -1 = NULL */
    VR_FIELD_INT64_OR_NONE, /* VR_STORE_NONE = NULL */
    VR_FIELD_INT,
    VR_FIELD_INT_OR_M1, /* -1 = NULL */
    VR_FIELD_UINT32,
    VR_FIELD_UINT8,
    VR_FIELD_INT8,
    VR_FIELD_BOOL,
    VR_FIELD_SEED,         /* uint64_t, as decimal text */
    VR_FIELD_DOUBLE,       /* NaN = NULL */
    VR_FIELD_TEXT,         /* never NULL; a NULL field is stored as "" */
    VR_FIELD_TEXT_OR_NONE, /* "" or NULL = NULL; read as "" */
    VR_FIELD_TEXT_OR_NULL, /* NULL = NULL */
};

struct vr_field {
    const char *parameter; /* ":column" */
    size_t offset;         /* in the row's struct */
    enum vr_field_kind kind;
};

struct vr_fields {
    const struct vr_field *items;
    size_t count;
};

/* Pieces of SQL text; each begins with a comma, for the ids stand first. */
#define VR_SQL_COLUMNS(kind, column, field) ", " #column
#define VR_SQL_VALUES(kind, column, field) ", :" #column
#define VR_SQL_SET(kind, column, field) ", " #column " = :" #column

#define VR_RUN_FIELDS(X) \
    X(TEXT, uid, uid) \
    X(TEXT, scenario, scenario) \
    X(TEXT, scenario_sha256, scenario_sha256) \
    X(TEXT, scenario_json, scenario_json) \
    X(TEXT, dut, dut) \
    X(TEXT, algorithm, algorithm) \
    X(TEXT, vitalrig_version, vitalrig_version) \
    X(TEXT, host, host) \
    X(INT64, started_utc_ns, started_utc_ns) \
    X(INT64, started_ns, started_ns) \
    X(INT64_OR_0, ended_utc_ns, ended_utc_ns) \
    X(TEXT, status, status) \
    X(TEXT_OR_NONE, verdict, verdict) \
    X(TEXT, why, why) \
    X(INT_OR_M1, exit_code, exit_code) \
    X(SEED, seed, seed) \
    X(INT64, judged_count, judged_count)

#define VR_RECORD_FIELDS(X) \
    X(TEXT, dataset, dataset) \
    X(TEXT, name, name) \
    X(TEXT, sha256, sha256) \
    X(TEXT, annotator, annotator) \
    X(TEXT, signal, signal) \
    X(UINT32, rate_num, rate_num) \
    X(UINT32, rate_den, rate_den) \
    X(INT64, sample_count, sample_count) \
    X(INT64, window_start, window_start) \
    X(TEXT, truth_sha256, truth_sha256)

#define VR_TRUTH_FIELDS(X) \
    X(INT64, sample_index, sample_index) \
    X(UINT8, code, code) \
    X(INT8, subtype, subtype) \
    X(UINT8, channel, channel) \
    X(INT8, number, number) \
    X(TEXT_OR_NULL, text, text)

#define VR_TRIAL_KEY_FIELDS(X) \
    X(INT64, run_id, run_id) \
    X(INT64, record_id, record_id) \
    X(INT, repeat, repeat) \
    X(INT, attempt, attempt)

/* INT64_OR_0 is not for ended_ns: a trial in virtual time may end at 0. */
#define VR_TRIAL_STATE_FIELDS(X) \
    X(TEXT, outcome, outcome) \
    X(TEXT, why, why) \
    X(TEXT, bench_why, bench_why) \
    X(TEXT_OR_NONE, result_key, result_key) \
    X(INT64, started_ns, started_ns) \
    X(INT64, ended_ns, ended_ns) \
    X(TEXT_OR_NONE, firmware_name, firmware_name) \
    X(TEXT_OR_NONE, firmware_version, firmware_version) \
    X(TEXT_OR_NONE, firmware_git, firmware_git) \
    X(TEXT_OR_NONE, device_id, device_id) \
    X(TEXT_OR_NONE, device_clock, device_clock) \
    X(INT64, device_clock_hz, device_clock_hz) \
    X(INT64, boot_nonce, boot_nonce) \
    X(INT64, samples_planned, samples_planned) \
    X(INT64, samples_sent, samples_sent) \
    X(INT64, samples_consumed, samples_consumed) \
    X(INT64, samples_lost, samples_lost) \
    X(INT64, samples_unsent, samples_unsent) \
    X(INT64_OR_M1, outputs_emitted, outputs_emitted) \
    X(INT64, outputs_stored, outputs_stored) \
    X(INT64_OR_M1, outputs_lost, outputs_lost) \
    X(TEXT_OR_NONE, output_digest, output_digest) \
    X(BOOL, ledger_closed, ledger_closed) \
    X(INT64, bytes_sent, bytes_sent) \
    X(INT64, bytes_received, bytes_received) \
    X(INT64, payload_bytes, payload_bytes) \
    X(INT64, sample_bytes, sample_bytes) \
    X(INT64, frames_sent, frames_sent) \
    X(INT64, frames_resent, frames_resent) \
    X(INT64, link_losses, link_losses) \
    X(INT64, crc_errors, crc_errors) \
    X(INT64, frame_errors, frame_errors) \
    X(INT64, device_crc_errors, device_crc_errors) \
    X(INT64, device_frame_errors, device_frame_errors) \
    X(INT64, underruns, underruns) \
    X(TEXT, subject, subject) \
    X(TEXT, strata, strata) \
    X(INT64, warmup_count, warmup_count)

/* The values follow as value0 to value7. */
#define VR_OUTPUT_FIELDS(X) \
    X(INT64, number, number) \
    X(UINT8, kind, kind) \
    X(UINT8, stream, stream) \
    X(INT64, sample_index, sample_index) \
    X(INT64, at_index, at_index) \
    X(UINT32, ticks_arrival, ticks_arrival) \
    X(UINT32, ticks_emitted, ticks_emitted) \
    X(INT64, host_ns, host_ns)

#define VR_SYNC_FIELDS(X) \
    X(INT64, host_sent_ns, host_sent_ns) \
    X(INT64, host_received_ns, host_received_ns) \
    X(UINT32, ticks_received, ticks_received) \
    X(UINT32, ticks_sent, ticks_sent)

#define VR_SIGNAL_FAULT_FIELDS(X) \
    X(INT64, number, number) \
    X(TEXT, kind, kind) \
    X(INT64, stream, stream) \
    X(INT64, channel, channel) \
    X(INT64, first, first) \
    X(INT64, count, count) \
    X(DOUBLE, amount, amount) \
    X(TEXT, unit, unit) \
    X(TEXT, detail, detail)

#define VR_PACING_FIELDS(X) \
    X(INT64, n, n) \
    X(DOUBLE, error_p50_us, error_p50_us) \
    X(DOUBLE, error_p99_us, error_p99_us) \
    X(DOUBLE, error_max_us, error_max_us) \
    X(DOUBLE, drift_ppm, drift_ppm) \
    X(DOUBLE, drift_ppm_err, drift_ppm_err) \
    X(DOUBLE, clock_ppm, clock_ppm) \
    X(DOUBLE, clock_ppm_err, clock_ppm_err)

#define VR_METRIC_FIELDS(X) \
    X(TEXT, name, name) \
    X(TEXT, scope, scope) \
    X(DOUBLE, value, value) \
    X(TEXT, unit, unit) \
    X(DOUBLE, low, low) \
    X(DOUBLE, high, high) \
    X(INT64, n, n)

#define VR_GATE_FIELDS(X) \
    X(INT, gate, gate) \
    X(TEXT, metric, metric) \
    X(TEXT, scope, scope) \
    X(TEXT, rule, rule) \
    X(DOUBLE, limit_value, limit) \
    X(DOUBLE, value, value) \
    X(TEXT, verdict, verdict) \
    X(INT, scenario_line, line) \
    X(INT, scenario_column, column) \
    X(TEXT_OR_NONE, against, against) \
    X(DOUBLE, baseline_value, baseline_value) \
    X(DOUBLE, change, change) \
    X(DOUBLE, low, low) \
    X(DOUBLE, high, high) \
    X(DOUBLE, confidence, confidence) \
    X(DOUBLE, p_value, p_value) \
    X(INT64, pair_count, pair_count) \
    X(DOUBLE, detectable, detectable) \
    X(TEXT, why, why)

#define VR_PARITY_FIELDS(X) \
    X(TEXT, record, record) \
    X(INT, repeat, repeat) \
    X(TEXT, verdict, verdict) \
    X(TEXT, why, why) \
    X(TEXT, output_digest, output_digest) \
    X(TEXT_OR_NONE, golden_digest, golden_digest) \
    X(INT64, samples, samples) \
    X(INT64, outputs, outputs) \
    X(INT64, golden_outputs, golden_outputs) \
    X(INT64, outputs_agreeing, outputs_agreeing) \
    X(TEXT_OR_NONE, difference, difference) \
    X(INT64_OR_NONE, number, number) \
    X(INT64_OR_NONE, stream, stream) \
    X(INT64_OR_NONE, sample_index, sample_index) \
    X(INT64_OR_NONE, value, value) \
    X(INT64_OR_NONE, golden_value, golden_value)

/* Before them stand the id, the quantity in words and the scale as JSON. */
#define VR_POWER_STREAM_FIELDS(X) \
    X(INT64, trial_id, trial_id) \
    X(TEXT, meter, meter) \
    X(TEXT, instrument, instrument) \
    X(TEXT, serial, serial) \
    X(TEXT, firmware, firmware) \
    X(TEXT, settings, settings) \
    X(UINT32, rate_num, rate_num) \
    X(UINT32, rate_den, rate_den) \
    X(BOOL, is_coded, is_coded) \
    X(BOOL, has_volts, has_volts) \
    X(BOOL, has_lines, has_lines) \
    X(BOOL, is_calibrated, is_calibrated) \
    X(BOOL, is_integrating, is_integrating) \
    X(DOUBLE, supply_v, supply_v) \
    X(INT_OR_M1, busy_line, busy_line) \
    X(INT_OR_M1, inference_line, inference_line) \
    X(TEXT, mode, mode) \
    X(INT64, started_ns, started_ns) \
    X(INT64_OR_0, ended_ns, ended_ns) \
    X(INT64, sample_count, sample_count) \
    X(INT64, lost_count, lost_count) \
    X(TEXT, why, why)

/* The blob follows. */
#define VR_POWER_CHUNK_FIELDS(X) \
    X(INT64, number, number) \
    X(INT64, count, count) \
    X(INT64, lost, lost) \
    X(INT64, lost_before, lost_before) \
    X(DOUBLE, charge_c, charge_c) \
    X(DOUBLE, charge_before_c, charge_before_c) \
    X(DOUBLE, charge_before_low_c, charge_before_low_c) \
    X(DOUBLE, energy_j, energy_j) \
    X(DOUBLE, energy_before_j, energy_before_j) \
    X(DOUBLE, energy_before_low_j, energy_before_low_j) \
    X(DOUBLE, gain_err_j, gain_err_j) \
    X(DOUBLE, gain_err_before_j, gain_err_before_j) \
    X(INT64, crc32c, crc32c)

/* The kind stands before them in words. */
#define VR_POWER_GAP_FIELDS(X) \
    X(INT64, first, first) \
    X(INT64, count, count) \
    X(INT64, count_min, count_min) \
    X(INT64, count_max, count_max) \
    X(INT64, place_err, place_err)

#define VR_POWER_EDGE_FIELDS(X) \
    X(INT64, sample, sample) \
    X(UINT8, line, line) \
    X(BOOL, level, level)

#define VR_MARK_FIELDS(X) \
    X(UINT8, line, line) \
    X(BOOL, level, level) \
    X(UINT32, ticks, ticks) \
    X(INT64, host_sent_ns, host_sent_ns) \
    X(INT64, host_received_ns, host_received_ns)

#define VR_POWER_CLOCK_FIELDS(X) \
    X(TEXT, clock, clock) \
    X(TEXT, method, method) \
    X(INT64, x0, x0) \
    X(INT64, x1, x1) \
    X(DOUBLE, y0, y0) \
    X(DOUBLE, slope, slope) \
    X(DOUBLE, residual_max, residual_max) \
    X(DOUBLE, bound, bound) \
    X(INT64, n, n)

#define VR_POWER_SPAN_FIELDS(X) \
    X(INT64, first, first) \
    X(INT64, end, end) \
    X(DOUBLE, seconds, seconds) \
    X(DOUBLE, gross_uj, gross_uj) \
    X(DOUBLE, charge_uc, charge_uc) \
    X(DOUBLE, idle_uw, idle_uw) \
    X(DOUBLE, gain_err_uj, gain_err_uj) \
    X(DOUBLE, busy_uj, busy_uj) \
    X(DOUBLE, busy_s, busy_s) \
    X(INT64, lost, lost) \
    X(DOUBLE, coverage, coverage) \
    X(DOUBLE, time_err_us, time_err_us) \
    X(TEXT, validity, validity) \
    X(TEXT, why, why)

#define VR_POWER_INFERENCE_FIELDS(X) \
    X(INT64, output, output) \
    X(TEXT, method, method) \
    X(DOUBLE, first, first) \
    X(DOUBLE, end, end) \
    X(DOUBLE, duration_us, duration_us) \
    X(DOUBLE, gross_uj, gross_uj) \
    X(DOUBLE, net_uj, net_uj) \
    X(DOUBLE, charge_uc, charge_uc) \
    X(DOUBLE, peak_ma, peak_ma) \
    X(DOUBLE, pre_uj, pre_uj) \
    X(DOUBLE, core_uj, core_uj) \
    X(DOUBLE, post_uj, post_uj) \
    X(DOUBLE, time_err_us, time_err_us) \
    X(DOUBLE, edge_err_uj, edge_err_uj) \
    X(DOUBLE, gain_err_uj, gain_err_uj) \
    X(DOUBLE, noise_err_uj, noise_err_uj) \
    X(INT64, lost, lost) \
    X(TEXT, why, why) \
    X(INT64, shares, shares)

#define VR_POWER_WINDOW_FIELDS(X) \
    X(INT64, number, number) \
    X(INT64, first, first) \
    X(INT64, end, end) \
    X(DOUBLE, seconds, seconds) \
    X(INT64, inferences, inferences) \
    X(DOUBLE, gross_uj, gross_uj) \
    X(DOUBLE, edge_err_uj, edge_err_uj) \
    X(DOUBLE, gain_err_uj, gain_err_uj) \
    X(INT64, lost, lost) \
    X(TEXT, why, why)

#define VR_POWER_SEGMENT_FIELDS(X) \
    X(INT64, number, number) \
    X(DOUBLE, from_s, from_s) \
    X(DOUBLE, to_s, to_s) \
    X(INT64_OR_NONE, first, first) \
    X(INT64_OR_NONE, end, end) \
    X(DOUBLE, seconds, seconds) \
    X(DOUBLE, gross_uj, gross_uj) \
    X(DOUBLE, edge_err_uj, edge_err_uj) \
    X(DOUBLE, gain_err_uj, gain_err_uj) \
    X(DOUBLE, time_err_us, time_err_us) \
    X(INT64, lost, lost) \
    X(DOUBLE, coverage, coverage) \
    X(INT64, beats, beats) \
    X(INT64, inferences, inferences) \
    X(TEXT, why, why)

extern const struct vr_fields vr_run_fields, vr_record_fields, vr_truth_fields, vr_trial_key_fields,
    vr_trial_state_fields, vr_output_fields, vr_sync_fields, vr_signal_fault_fields,
    vr_pacing_fields, vr_metric_fields, vr_gate_fields, vr_parity_fields, vr_power_stream_fields,
    vr_power_chunk_fields, vr_power_gap_fields, vr_power_edge_fields, vr_mark_fields,
    vr_power_clock_fields, vr_power_span_fields, vr_power_inference_fields, vr_power_window_fields,
    vr_power_segment_fields;

void vr_fields_bind(struct vr_sql *sql, const struct vr_fields *fields, const void *row);

/* Read columns [first_column, first_column + fields->count) of the row at hand.  Numbers that do not fit their field are an error: the
 * file may be anybody's.  Strings live until the next row. */
int vr_fields_read(
    struct vr_sql *sql, int first_column, const struct vr_fields *fields, void *ret_row,
    struct vr_err *err);

/* Room for one more row in a list that holds `count`; *rows NULL and *capacity 0 at first.  The caller frees. */
int vr_rows_grow(
    void **rows, size_t *capacity, size_t count, size_t row_size, const struct vr_store *store,
    struct vr_err *err);

/* Forget records, and their truth, that no trial has replayed. */
int vr_rows_forget_records(struct vr_store *store, struct vr_err *err);

#endif
