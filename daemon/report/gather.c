/* Gathering a run from the store, once, for every form. */
#include <math.h>
#include <stddef.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "report/energy.h"
#include "report/hang.h"
#include "report/index.h"

#define COUNT_OF(array) (sizeof(array) / sizeof(array)[0])

/* The store's strings live only during its callback; the report keeps its own, in one list that is
 * freed as a whole. */
struct vr_report_string {
    struct vr_report_string *next;
    char text[];
};

struct gathering {
    struct vr_report *report;
    int64_t trial_id; /* whose log is read */
    struct vr_err *err;
};

static const size_t run_strings[] = {
    offsetof(struct vr_run_row, uid),
    offsetof(struct vr_run_row, scenario),
    offsetof(struct vr_run_row, scenario_sha256),
    offsetof(struct vr_run_row, scenario_json),
    offsetof(struct vr_run_row, dut),
    offsetof(struct vr_run_row, algorithm),
    offsetof(struct vr_run_row, vitalrig_version),
    offsetof(struct vr_run_row, host),
    offsetof(struct vr_run_row, status),
    offsetof(struct vr_run_row, verdict),
    offsetof(struct vr_run_row, why),
};

static const size_t trial_strings[] = {
    offsetof(struct vr_trial_row, record),        offsetof(struct vr_trial_row, outcome),
    offsetof(struct vr_trial_row, why),           offsetof(struct vr_trial_row, result_key),
    offsetof(struct vr_trial_row, firmware_name), offsetof(struct vr_trial_row, firmware_version),
    offsetof(struct vr_trial_row, firmware_git),  offsetof(struct vr_trial_row, device_id),
    offsetof(struct vr_trial_row, device_clock),  offsetof(struct vr_trial_row, output_digest),
    offsetof(struct vr_trial_row, bench_why),     offsetof(struct vr_trial_row, dut),
    offsetof(struct vr_trial_row, subject),       offsetof(struct vr_trial_row, strata),
};

static const size_t metric_strings[] = {
    offsetof(struct vr_metric_row, name),
    offsetof(struct vr_metric_row, scope),
    offsetof(struct vr_metric_row, unit),
};

static const size_t gate_strings[] = {
    offsetof(struct vr_gate_row, metric),  offsetof(struct vr_gate_row, scope),
    offsetof(struct vr_gate_row, rule),    offsetof(struct vr_gate_row, verdict),
    offsetof(struct vr_gate_row, against), offsetof(struct vr_gate_row, why),
};

static const size_t parity_strings[] = {
    offsetof(struct vr_parity_row, record),        offsetof(struct vr_parity_row, verdict),
    offsetof(struct vr_parity_row, why),           offsetof(struct vr_parity_row, output_digest),
    offsetof(struct vr_parity_row, golden_digest), offsetof(struct vr_parity_row, difference),
};

static const size_t golden_string = offsetof(struct vr_report, golden_uid);

static const size_t log_strings[] = {
    offsetof(struct vr_log_row, source),
    offsetof(struct vr_log_row, text),
};

static int no_memory(struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the report of a run");
}

/* Make the strings of a row the report's own; a missing one becomes "". */
static int keep_strings(
    struct vr_report *report, void *row, const size_t *offsets, size_t count, struct vr_err *err)
{
    for (size_t i = 0; i < count; i++) {
        const char **member = (const char **)((char *)row + offsets[i]);
        if (!*member) {
            *member = "";
            continue;
        }
        size_t size = strlen(*member) + 1;
        struct vr_report_string *string = malloc(sizeof *string + size);
        if (!string)
            return no_memory(err);
        memcpy(string->text, *member, size);
        string->next = report->strings;
        report->strings = string;
        *member = string->text;
    }
    return 0;
}

/* Room for one more item: doubles at every power of two, so no capacity is kept.  NULL when there
 * is no memory; `items` is then still the caller's. */
static void *grow(void *items, size_t count, size_t item_size)
{
    if ((count & (count - 1)) != 0)
        return items;
    return reallocarray(items, count > 0 ? 2 * count : 1, item_size);
}

static int gather_run(void *context, const struct vr_run_row *run)
{
    struct gathering *gathering = context;
    struct vr_report *report = gathering->report;
    report->run = *run;
    return keep_strings(report, &report->run, run_strings, COUNT_OF(run_strings), gathering->err);
}

static int gather_trial(void *context, const struct vr_trial_row *trial)
{
    struct gathering *gathering = context;
    struct vr_report *report = gathering->report;
    struct vr_trial_row *rows = grow(report->trials, report->trial_count, sizeof *rows);
    if (!rows)
        return no_memory(gathering->err);
    report->trials = rows;
    struct vr_trial_row *row = &rows[report->trial_count++];
    *row = *trial;
    return keep_strings(report, row, trial_strings, COUNT_OF(trial_strings), gathering->err);
}

static int gather_pacing(void *context, int64_t trial_id, const struct vr_pacing_row *pacing)
{
    struct gathering *gathering = context;
    struct vr_report *report = gathering->report;
    for (size_t i = 0; i < report->trial_count; i++)
        if (report->trials[i].trial_id == trial_id)
            report->pacings[i] = *pacing;
    return 0;
}

static int gather_pacings(struct vr_store *store, struct gathering *gathering)
{
    struct vr_report *report = gathering->report;
    report->pacings = calloc(report->trial_count + 1, sizeof *report->pacings);
    if (!report->pacings)
        return no_memory(gathering->err);
    return vr_store_pacings(store, report->run.run_id, gather_pacing, gathering, gathering->err);
}

static int gather_metric(void *context, const struct vr_metric_row *metric)
{
    struct gathering *gathering = context;
    struct vr_report *report = gathering->report;
    struct vr_metric_row *rows = grow(report->metrics, report->metric_count, sizeof *rows);
    if (!rows)
        return no_memory(gathering->err);
    report->metrics = rows;
    struct vr_metric_row *row = &rows[report->metric_count++];
    *row = *metric;
    return keep_strings(report, row, metric_strings, COUNT_OF(metric_strings), gathering->err);
}

static int gather_gate(void *context, const struct vr_gate_row *gate)
{
    struct gathering *gathering = context;
    struct vr_report *report = gathering->report;
    struct vr_gate_row *rows = grow(report->gates, report->gate_count, sizeof *rows);
    if (!rows)
        return no_memory(gathering->err);
    report->gates = rows;
    struct vr_gate_row *row = &rows[report->gate_count++];
    *row = *gate;
    return keep_strings(report, row, gate_strings, COUNT_OF(gate_strings), gathering->err);
}

static int gather_golden(void *context, const char *key, const char *value)
{
    struct gathering *gathering = context;
    struct vr_report *report = gathering->report;
    if (strcmp(key, VR_ENV_GOLDEN) != 0)
        return 0;
    report->golden_uid = value;
    return keep_strings(report, report, &golden_string, 1, gathering->err);
}

static int gather_parity(void *context, const struct vr_parity_row *parity)
{
    struct gathering *gathering = context;
    struct vr_report *report = gathering->report;
    struct vr_parity_row *rows = grow(report->parities, report->parity_count, sizeof *rows);
    if (!rows)
        return no_memory(gathering->err);
    report->parities = rows;
    struct vr_parity_row *row = &rows[report->parity_count++];
    *row = *parity;
    return keep_strings(report, row, parity_strings, COUNT_OF(parity_strings), gathering->err);
}

static int gather_log(
    void *context, int64_t host_ns, int level, const char *source, const char *text)
{
    struct gathering *gathering = context;
    struct vr_report *report = gathering->report;
    struct vr_log_row *rows = grow(report->logs, report->log_count, sizeof *rows);
    if (!rows)
        return no_memory(gathering->err);
    report->logs = rows;
    struct vr_log_row *row = &rows[report->log_count++];
    *row = (struct vr_log_row){gathering->trial_id, host_ns, level, source, text};
    return keep_strings(report, row, log_strings, COUNT_OF(log_strings), gathering->err);
}

static int gather_signal_fault(void *context, const struct vr_signal_fault_row *fault)
{
    static const size_t strings[] = {
        offsetof(struct vr_report_signal_fault, row.kind),
        offsetof(struct vr_report_signal_fault, row.unit),
        offsetof(struct vr_report_signal_fault, row.detail),
    };
    struct gathering *gathering = context;
    struct vr_report *report = gathering->report;
    struct vr_report_signal_fault *rows =
        grow(report->signal_faults, report->signal_fault_count, sizeof *rows);
    if (!rows)
        return no_memory(gathering->err);
    report->signal_faults = rows;
    struct vr_report_signal_fault *row = &rows[report->signal_fault_count++];
    *row = (struct vr_report_signal_fault){gathering->trial_id, *fault};
    return keep_strings(report, row, strings, COUNT_OF(strings), gathering->err);
}

/* A retry (attempt > 0) comes after what it repeats; retries are few, so looking back from each is
 * cheap. */
static int find_superseded(struct vr_report *report, struct vr_err *err)
{
    report->superseded = calloc(report->trial_count + 1, sizeof *report->superseded);
    if (!report->superseded)
        return no_memory(err);
    for (size_t i = 0; i < report->trial_count; i++) {
        const struct vr_trial_row *retry = &report->trials[i];
        for (size_t j = retry->attempt > 0 ? i : 0; j-- > 0;) {
            const struct vr_trial_row *earlier = &report->trials[j];
            if (earlier->record_id == retry->record_id && earlier->repeat == retry->repeat)
                report->superseded[j] = true;
        }
    }
    return 0;
}

double vr_report_payload_pct(int64_t payload_bytes, int64_t bytes_sent)
{
    return bytes_sent > 0 ? 100.0 * (double)payload_bytes / (double)bytes_sent : NAN;
}

static void sum_trials(struct vr_report *report)
{
    struct vr_report_line *line = &report->line;
    *line = (struct vr_report_line){0};
    report->duration_ns = 0;
    for (size_t i = 0; i < report->trial_count; i++) {
        line->bytes_sent += report->trials[i].bytes_sent;
        line->bytes_received += report->trials[i].bytes_received;
        line->payload_bytes += report->trials[i].payload_bytes;
        line->sample_bytes += report->trials[i].sample_bytes;
        int64_t end_ns = report->trials[i].ended_ns - report->run.started_ns;
        if (report->trials[i].ended_ns > 0 && end_ns > report->duration_ns)
            report->duration_ns = end_ns;
    }
    line->payload_pct = vr_report_payload_pct(line->payload_bytes, line->bytes_sent);
}

static int gather(
    struct vr_store *store, int64_t run_id, struct vr_report *report, struct vr_err *err)
{
    struct gathering gathering = {.report = report, .err = err};
    int r = vr_store_run_get(store, run_id, gather_run, &gathering, err);
    if (r == 0)
        r = vr_store_trials(store, run_id, gather_trial, &gathering, err);
    if (r == 0)
        r = gather_pacings(store, &gathering);
    if (r == 0)
        r = vr_energy_gather(store, report, err);
    if (r == 0)
        r = vr_store_metrics(store, run_id, gather_metric, &gathering, err);
    if (r == 0)
        r = vr_store_gates(store, run_id, gather_gate, &gathering, err);
    if (r == 0)
        r = vr_store_run_env(store, run_id, gather_golden, &gathering, err);
    if (r == 0)
        r = vr_store_parities(store, run_id, gather_parity, &gathering, err);
    if (r == 0)
        r = find_superseded(report, err);
    if (r == 0)
        r = vr_hang_find(store, report, err);
    if (r == 0)
        r = vr_index_make(report, err);
    if (r == 0)
        sum_trials(report);
    return r;
}

int vr_report_load(
    struct vr_store *store, int64_t run_id, struct vr_report *ret_report, struct vr_err *err)
{
    struct vr_report report = {0};
    int r = gather(store, run_id, &report, err);
    if (r < 0) {
        vr_report_finish(&report);
        return r;
    }
    *ret_report = report;
    return 0;
}

static int refuse_record(const struct vr_report *report, const char *record, struct vr_err *err)
{
    const char **names = calloc(report->trial_count + 1, sizeof *names);
    if (!names)
        return no_memory(err);
    for (size_t i = 0; i < report->trial_count; i++)
        names[i] = report->trials[i].record;
    const char *nearest = vr_nearest(record, names, report->trial_count);
    free(names);
    return vr_err_set(
        err, VR_ERR_NOT_FOUND, "run %s has no record \"%s\"%s%s%s; `vitalrig show %s` lists them",
        report->run.uid, record, nearest ? "; did you mean \"" : "", nearest ? nearest : "",
        nearest ? "\"?" : "", report->run.uid);
}

/* Drop every row that is not of the record, keeping the order. */
static void drop_others(struct vr_report *report, const char *record)
{
    size_t count = 0;
    for (size_t i = 0; i < report->trial_count; i++) {
        if (strcmp(report->trials[i].record, record) != 0)
            continue;
        report->superseded[count] = report->superseded[i];
        report->hung_again[count] = report->hung_again[i];
        report->pacings[count] = report->pacings[i];
        report->energies[count] = report->energies[i];
        report->trials[count++] = report->trials[i];
    }
    report->trial_count = count;
    count = 0;
    for (size_t i = 0; i < report->metric_count; i++)
        if (strcmp(report->metrics[i].scope, record) == 0)
            report->metrics[count++] = report->metrics[i];
    report->metric_count = count;
    count = 0;
    for (size_t i = 0; i < report->gate_count; i++)
        if (strcmp(report->gates[i].scope, record) == 0)
            report->gates[count++] = report->gates[i];
    report->gate_count = count;
    count = 0;
    for (size_t i = 0; i < report->parity_count; i++)
        if (strcmp(report->parities[i].record, record) == 0)
            report->parities[count++] = report->parities[i];
    report->parity_count = count;
}

int vr_report_narrow(
    struct vr_store *store, const char *record, struct vr_report *report, struct vr_err *err)
{
    if (!vr_index_has_record(report, record))
        return refuse_record(report, record, err);
    drop_others(report, record);
    report->record = report->trials[0].record;
    sum_trials(report);
    struct gathering gathering = {.report = report, .err = err};
    int r = vr_index_make(report, err);
    for (size_t i = 0; i < report->trial_count && r == 0; i++) {
        gathering.trial_id = report->trials[i].trial_id;
        r = vr_store_logs(store, gathering.trial_id, gather_log, &gathering, err);
        if (r == 0)
            r = vr_store_signal_faults(
                store, gathering.trial_id, gather_signal_fault, &gathering, err);
    }
    return r;
}

void vr_report_finish(struct vr_report *report)
{
    if (!report)
        return;
    while (report->strings) {
        struct vr_report_string *next = report->strings->next;
        free(report->strings);
        report->strings = next;
    }
    free(report->trials);
    free(report->superseded);
    free(report->hung_again);
    free(report->pacings);
    free(report->energies);
    free(report->segments);
    free(report->metrics);
    free(report->gates);
    free(report->parities);
    free(report->logs);
    free(report->signal_faults);
    vr_index_destroy(report->index);
    *report = (struct vr_report){0};
}
