/* The report for CI servers: JUnit XML, one suite (the scenario), one case per record and one per
 * gate on the whole run.
 *
 * <failure> is the algorithm's or the firmware's, <error> is the bench's or says that too little is
 * known: nothing that is not known to pass is left green.  Written by hand because XML writers let
 * through what XML 1.0 forbids. */
#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "base/clock.h"
#include "base/utf8.h"
#include "report/gates.h"
#include "report/index.h"
#include "report/number.h"
#include "report/parity.h"
#include "report/plain.h"
#include "report/report.h"
#include "report/standing.h"

struct counts {
    size_t tests, failures, errors;
};

/* XML 1.0 allows no control characters but tab, LF and CR, and not U+FFFE and U+FFFF, not even as
 * references. */
static bool is_forbidden(const unsigned char *bytes, size_t size)
{
    if (size == 1)
        return bytes[0] < 0x20 && bytes[0] != '\t' && bytes[0] != '\n' && bytes[0] != '\r';
    return size == 3 && bytes[0] == 0xef && bytes[1] == 0xbf && bytes[2] >= 0xbe;
}

/* A text as attribute value or content.  Tab, LF and CR go as references, or a reader would turn
 * them into spaces. */
static void put_escaped(const char *text, FILE *out)
{
    for (size_t left = strlen(text), size; left > 0; text += size, left -= size) {
        size = vr_utf8_size(text, left);
        if (size == 0 || is_forbidden((const unsigned char *)text, size)) {
            fputs(VR_PLAIN_REPLACEMENT, out);
            size = size > 0 ? size : 1;
        } else if (size == 1 && (*text < ' ' || strchr("&<>\"'", *text))) {
            fprintf(out, "&#%d;", *text);
        } else {
            fwrite(text, 1, size, out);
        }
    }
}

static void put_attribute(const char *name, const char *value, FILE *out)
{
    fprintf(out, " %s=\"", name);
    put_escaped(value, out);
    putc('"', out);
}

static void put_property(const char *name, const char *value, FILE *out)
{
    fputs("        <property", out);
    put_attribute("name", name, out);
    put_attribute("value", value, out);
    fputs("/>\n", out);
}

static void put_property_int(const char *name, int64_t value, FILE *out)
{
    char number[VR_NUMBER_SIZE];
    snprintf(number, sizeof number, "%" PRId64, value);
    put_property(name, number, out);
}

/* A metric as "name scope" (on the suite) or "name" (on a record's case); one that does not exist
 * is left out. */
static void put_metric(const struct vr_metric_row *metric, bool with_scope, FILE *out)
{
    if (!isfinite(metric->value))
        return;
    fputs("        <property name=\"", out);
    put_escaped(metric->name, out);
    if (with_scope) {
        putc(' ', out);
        put_escaped(metric->scope, out);
    }
    fprintf(out, "\" value=\"%.15g\"/>\n", metric->value);
}

static void put_seconds(const char *name, int64_t duration_ns, FILE *out)
{
    fprintf(out, " %s=\"%.3f\"", name, (double)duration_ns / (double)VR_NS_PER_S);
}

/* Open <failure> or <error> up to the message, which the caller writes.  JUnit has no warnings: the case passes, and its output says so. */
static void begin_trouble(enum vr_mark mark, const char *type, FILE *out)
{
    if (mark == VR_MARK_WARN) {
        fputs("      <system-out>WARN: ", out);
        return;
    }
    fprintf(out, "      <%s", mark == VR_MARK_FAIL ? "failure" : "error");
    put_attribute("type", type, out);
    fputs(" message=\"", out);
}

static void end_trouble(enum vr_mark mark, FILE *out)
{
    fputs(mark == VR_MARK_WARN ? "</system-out>\n" : "\"/>\n", out);
}

static void begin_case(const struct vr_report *report, FILE *out)
{
    fputs("    <testcase classname=\"", out);
    put_escaped(report->run.scenario, out);
    if (report->run.algorithm[0] != '\0') {
        putc('.', out);
        put_escaped(report->run.algorithm, out);
    }
    fputs("\" name=\"", out);
}

static void put_gate_message(const struct vr_gate_row *gate, FILE *out)
{
    char value[VR_NUMBER_SIZE], limit[VR_NUMBER_SIZE];
    put_escaped(gate->metric, out);
    putc(' ', out);
    put_escaped(gate->scope, out);
    fprintf(
        out, " is %s, %s %s (gate at %d:%d)", vr_number_format(gate->value, gate->limit, value),
        gate->rule, vr_number_format(gate->limit, NAN, limit), gate->line, gate->column);
    if (vr_gate_has_change(gate)) {
        fputs("; change ", out);
        vr_gate_put_change(gate, out);
        fputs(", against ", out);
        put_escaped(gate->against, out);
    }
    if (gate->why && gate->why[0]) {
        fputs("; ", out);
        put_escaped(gate->why, out);
    }
}

/* One element a case, as readers of JUnit expect: the first gate that explains the standing, and
 * how many more do; `before` stands before the first of them. */
static void put_gate_messages(
    const struct vr_report *report, const char *record, enum vr_mark mark, const char *before,
    FILE *out)
{
    size_t count = 0;
    for (size_t i = 0; i < report->gate_count; i++) {
        const struct vr_gate_row *gate = &report->gates[i];
        if (strcmp(gate->scope, record) == 0 && vr_mark_of_gate(gate) == mark && count++ == 0) {
            fputs(before, out);
            put_gate_message(gate, out);
        }
    }
    if (count > 1)
        fprintf(out, " and %zu more gates on this record", count - 1);
}

static void put_trial_trouble(
    const struct vr_report *report, const struct vr_trial_row *trial,
    const struct vr_standing *standing, FILE *out)
{
    begin_trouble(standing->mark, standing->cause, out);
    put_escaped(standing->why, out);
    if (standing->why[0] == '\0')
        put_gate_messages(report, trial->record, standing->mark, "", out);
    else if (strcmp(standing->cause, "parity") == 0)
        put_gate_messages(report, trial->record, standing->mark, "; ", out);
    end_trouble(standing->mark, out);
}

static void put_record_case(const struct vr_report *report, size_t index, FILE *out)
{
    const struct vr_trial_row *trial = &report->trials[index];
    struct vr_standing standing = vr_standing_of(report, trial);

    begin_case(report, out);
    put_escaped(trial->record, out);
    fprintf(out, "[%d]\"", trial->repeat);
    put_seconds("time", trial->ended_ns > 0 ? trial->ended_ns - trial->started_ns : 0, out);
    fputs(">\n      <properties>\n", out);
    put_property("outcome", trial->outcome, out);
    put_property_int("attempts", trial->attempt + 1, out);
    put_property("firmware", trial->firmware_name, out);
    put_property("firmware_version", trial->firmware_version, out);
    put_property("device_id", trial->device_id, out);
    put_property_int("samples_consumed", trial->samples_consumed, out);
    put_property_int("outputs_stored", trial->outputs_stored, out);
    put_property("output_digest", trial->output_digest, out);
    if (vr_parity_of(report, trial))
        put_property("parity", vr_parity_of(report, trial)->verdict, out);
    if (vr_trial_carries_metrics(report, index)) {
        size_t count;
        const struct vr_metric_row *const *metrics =
            vr_index_metrics(report, trial->record, &count);
        for (size_t i = 0; i < count; i++)
            put_metric(metrics[i], false, out);
    }
    fputs("      </properties>\n", out);
    if (standing.mark != VR_MARK_PASS)
        put_trial_trouble(report, trial, &standing, out);
    fputs("    </testcase>\n", out);
}

/* Gates on the whole run; those of records stand in the records' cases. */
static void put_gate_case(const struct vr_report *report, const struct vr_gate_row *gate, FILE *out)
{
    enum vr_mark mark = vr_mark_of_gate(gate);

    begin_case(report, out);
    fputs("gate ", out);
    put_escaped(gate->metric, out);
    putc(' ', out);
    put_escaped(gate->scope, out);
    putc(' ', out);
    put_escaped(gate->rule, out);
    fputs("\" time=\"0\">\n", out);
    if (mark != VR_MARK_PASS) {
        begin_trouble(mark, mark == VR_MARK_FAIL ? "gate" : "inconclusive", out);
        put_gate_message(gate, out);
        end_trouble(mark, out);
    }
    fputs("    </testcase>\n", out);
}

static enum vr_mark run_mark(const struct vr_run_row *run)
{
    if (strcmp(run->verdict, "pass") == 0)
        return VR_MARK_PASS;
    return strcmp(run->verdict, "fail") == 0 ? VR_MARK_FAIL : VR_MARK_UNSURE;
}

/* Written when the run did not pass and no other case says so (no trials, never judged): a file
 * without red means "passed" to CI. */
static void put_verdict_case(const struct vr_report *report, FILE *out)
{
    const struct vr_run_row *run = &report->run;
    begin_case(report, out);
    fputs("verdict\" time=\"0\">\n", out);
    begin_trouble(run_mark(run), run->verdict[0] != '\0' ? run->verdict : run->status, out);
    put_escaped(run->why[0] != '\0' ? run->why : "the run was not judged", out);
    end_trouble(run_mark(run), out);
    fputs("    </testcase>\n", out);
}

static void count_case(struct counts *counts, enum vr_mark mark)
{
    counts->tests++;
    counts->failures += mark == VR_MARK_FAIL;
    counts->errors += mark == VR_MARK_RIG || mark == VR_MARK_UNSURE;
}

static struct counts count_cases(const struct vr_report *report, bool *ret_needs_verdict)
{
    struct counts counts = {0};
    for (size_t i = 0; i < report->trial_count; i++)
        if (!report->superseded[i])
            count_case(&counts, vr_standing_of(report, &report->trials[i]).mark);
    for (size_t i = 0; i < report->gate_count; i++)
        if (!vr_index_has_record(report, report->gates[i].scope))
            count_case(&counts, vr_mark_of_gate(&report->gates[i]));

    enum vr_mark mark = run_mark(&report->run);
    *ret_needs_verdict = mark != VR_MARK_PASS && counts.failures == 0 && counts.errors == 0;
    if (*ret_needs_verdict)
        count_case(&counts, mark);
    return counts;
}

static void put_counts(const struct vr_report *report, const struct counts *counts, FILE *out)
{
    fprintf(
        out, " tests=\"%zu\" failures=\"%zu\" errors=\"%zu\" skipped=\"0\"", counts->tests,
        counts->failures, counts->errors);
    put_seconds("time", report->duration_ns, out);
}

static void put_suite_properties(const struct vr_report *report, FILE *out)
{
    const struct vr_run_row *run = &report->run;
    char seed[VR_NUMBER_SIZE];
    snprintf(seed, sizeof seed, "%" PRIu64, run->seed);

    fputs("      <properties>\n", out);
    put_property("run", run->uid, out);
    put_property("verdict", run->verdict, out);
    put_property("why", run->why, out);
    put_property_int("exit", run->exit_code, out);
    put_property("dut", run->dut, out);
    put_property("seed", seed, out);
    put_property("scenario_sha256", run->scenario_sha256, out);
    put_property("vitalrig_version", run->vitalrig_version, out);
    if (report->golden_uid)
        put_property("golden_run", report->golden_uid, out);
    put_property_int("line.bytes_sent", report->line.bytes_sent, out);
    put_property_int("line.payload_bytes", report->line.payload_bytes, out);
    put_property_int("line.sample_bytes", report->line.sample_bytes, out);
    for (size_t i = 0; i < report->metric_count; i++)
        if (!vr_index_has_record(report, report->metrics[i].scope))
            put_metric(&report->metrics[i], true, out);
    fputs("      </properties>\n", out);
}

static void junit_write(const struct vr_report *report, FILE *out)
{
    char iso[VR_CLOCK_ISO_SIZE];
    bool needs_verdict;
    struct counts counts = count_cases(report, &needs_verdict);

    fputs("<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n<testsuites", out);
    put_counts(report, &counts, out);
    fputs(">\n  <testsuite", out);
    put_attribute("name", report->run.scenario, out);
    put_counts(report, &counts, out);
    put_attribute("timestamp", vr_clock_iso(report->run.started_utc_ns, iso), out);
    put_attribute("hostname", report->run.host, out);
    fputs(">\n", out);
    put_suite_properties(report, out);
    for (size_t i = 0; i < report->trial_count; i++)
        if (!report->superseded[i])
            put_record_case(report, i, out);
    for (size_t i = 0; i < report->gate_count; i++)
        if (!vr_index_has_record(report, report->gates[i].scope))
            put_gate_case(report, &report->gates[i], out);
    if (needs_verdict)
        put_verdict_case(report, out);
    fputs("  </testsuite>\n</testsuites>\n", out);
}

const struct vr_report_driver vr_report_junit = {
    .name = "junit",
    .summary = "JUnit XML for CI servers",
    .write = junit_write,
};
