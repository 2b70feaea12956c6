/* Metrics in the text format 0.0.4 of Prometheus.  No names of records, people or subjects: devices and states only. */
#include <inttypes.h>
#include <string.h>

#include "base/clock.h"
#include "service/daemon.h"

static void head(FILE *out, const char *name, const char *type, const char *help)
{
    fprintf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

/* Label values of ours are words and device names: no quotes, backslashes or line breaks among them (rig.schema.json). */
static void write_duts(struct vr_daemon *daemon, FILE *out)
{
    static const char *const words[] = {"good", "busy", "suspect", "quarantined", "absent"};
    const struct vr_bench *bench = vr_daemon_bench(daemon);
    head(out, "vitalrig_dut_state", "gauge", "1 = the device is in this state.");
    for (size_t i = 0; i < bench->count; i++)
        for (size_t w = 0; w < sizeof words / sizeof *words; w++)
            fprintf(
                out, "vitalrig_dut_state{dut=\"%s\",state=\"%s\"} %d\n", bench->duts[i].rig->name,
                words[w], strcmp(vr_bench_word(&bench->duts[i]), words[w]) == 0);
    head(out, "vitalrig_dut_failures", "gauge", "Trials in a row in which the bench failed.");
    for (size_t i = 0; i < bench->count; i++)
        fprintf(
            out, "vitalrig_dut_failures{dut=\"%s\"} %" PRId64 "\n", bench->duts[i].rig->name,
            bench->duts[i].failures);
}

static int count_job(void *context, const struct vr_job_row *job)
{
    (void)job;
    ++*(size_t *)context;
    return 0;
}

static int write_jobs(struct vr_daemon *daemon, FILE *out, struct vr_err *err)
{
    /* Those that ended are as many as the queue remembers, which nobody wants to know. */
    static const enum vr_job_state states[] = {VR_JOB_QUEUED, VR_JOB_RUNNING};
    head(out, "vitalrig_jobs", "gauge", "Jobs that have not ended, by state.");
    for (size_t i = 0; i < sizeof states / sizeof *states; i++) {
        const struct vr_job_filter filter = {.state = &states[i]};
        size_t count = 0;
        int r = vr_queue_jobs(vr_daemon_queue(daemon), &filter, count_job, &count, err);
        if (r < 0)
            return r;
        fprintf(out, "vitalrig_jobs{state=\"%s\"} %zu\n", vr_job_state_word(states[i]), count);
    }
    return 0;
}

static int write_store(struct vr_daemon *daemon, FILE *out, struct vr_err *err)
{
    int64_t first, last;
    int r = vr_queue_event_range(vr_daemon_queue(daemon), &first, &last, err);
    if (r < 0)
        return r;
    head(out, "vitalrig_events_total", "counter", "Events that were ever stored.");
    fprintf(out, "vitalrig_events_total %" PRId64 "\n", last);
    head(out, "vitalrig_wal_bytes", "gauge", "Size of the write-ahead log.");
    fprintf(
        out, "vitalrig_wal_bytes{file=\"queue\"} %" PRId64 "\n",
        vr_queue_wal_bytes(vr_daemon_queue(daemon)));
    return 0;
}

int vr_daemon_metrics(struct vr_daemon *daemon, FILE *out)
{
    struct vr_err err = {0};
    char why[VR_ERR_TEXT_SIZE] = "";
    size_t leases = 0;
    while (vr_daemon_lease_at(daemon, leases))
        leases++;
    vr_daemon_readiness(daemon, why, sizeof why);
    head(out, "vitalrig_build_info", "gauge", "Always 1.");
    fprintf(out, "vitalrig_build_info{version=\"%s\"} 1\n", VR_VERSION);
    head(out, "vitalrig_start_time_seconds", "gauge", "When the daemon started, since 1970 UTC.");
    fprintf(
        out, "vitalrig_start_time_seconds %" PRId64 "\n",
        vr_daemon_started_utc_ns(daemon) / VR_NS_PER_S);
    head(out, "vitalrig_ready", "gauge", "1 = jobs can run.");
    fprintf(out, "vitalrig_ready %d\n", !why[0]);
    head(out, "vitalrig_leases", "gauge", "Leases that are held or waited for.");
    fprintf(out, "vitalrig_leases %zu\n", leases);
    write_duts(daemon, out);
    int r = write_jobs(daemon, out, &err);
    return r < 0 ? r : write_store(daemon, out, &err);
}
