/* One line of JSON, and what stands in it of jobs, devices and leases. */
#include "service/compose.h"

#include <string.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json_copy.h"

int vr_compose(struct vr_json_text *composed, struct vr_err *err)
{
    int r = vr_json_text_begin(composed, err);
    if (r == 0)
        vr_json_write_object(&composed->writer, NULL);
    return r;
}

char *vr_composed(struct vr_json_text *composed)
{
    char *text;
    vr_json_write_end(&composed->writer);
    if (vr_json_text_end(composed, &text, NULL) == 0)
        vr_json_text_join(text);
    return text;
}

/* --- events --- */

char *vr_compose_event(int64_t job_id, const struct vr_json *object)
{
    struct vr_json_text composed;
    if (vr_compose(&composed, NULL) < 0)
        return NULL;
    if (job_id)
        vr_json_write_int(&composed.writer, "job", job_id);
    for (const struct vr_json *n = vr_json_first(object); n; n = vr_json_next(n))
        if (strcmp(vr_json_key(n), "event") != 0 && strcmp(vr_json_key(n), "job") != 0)
            vr_json_copy(&composed.writer, vr_json_key(n), n);
    return vr_composed(&composed);
}

char *vr_compose_text(int64_t job_id, const char *key, const char *text)
{
    struct vr_json_text composed;
    if (vr_compose(&composed, NULL) < 0)
        return NULL;
    if (job_id)
        vr_json_write_int(&composed.writer, "job", job_id);
    vr_json_write_string(&composed.writer, key, text);
    return vr_composed(&composed);
}

/* --- jobs, devices, leases --- */

static void write_time(struct vr_json_writer *writer, const char *key, int64_t utc_ns)
{
    char iso[VR_CLOCK_ISO_SIZE];
    vr_json_write_string(writer, key, utc_ns ? vr_clock_iso(utc_ns, iso) : NULL);
}

static void write_text_or_null(struct vr_json_writer *writer, const char *key, const char *text)
{
    vr_json_write_string(writer, key, text[0] ? text : NULL);
}

static void write_tags(struct vr_json_writer *writer, const char *tags)
{
    char tag[128];
    vr_json_write_array(writer, "tags");
    for (size_t size; *tags; tags += size + (tags[size] == ',')) {
        size = strcspn(tags, ",");
        snprintf(tag, sizeof tag, "%.*s", (int)size, tags);
        vr_json_write_string(writer, NULL, tag);
    }
    vr_json_write_end(writer);
}

void vr_describe_job(
    struct vr_json_writer *writer, const struct vr_job_row *job, const char *tags,
    const char *waiting_for)
{
    bool has_ended = job->state == VR_JOB_ENDED;
    vr_json_write_int(writer, "id", job->job_id);
    vr_json_write_string(writer, "state", vr_job_state_word(job->state));
    vr_json_write_string(writer, "user", job->user);
    vr_json_write_int(writer, "priority", job->priority);
    write_tags(writer, tags);
    vr_json_write_string(writer, "campaign", job->campaign);
    vr_json_write_string(writer, "scenario", job->scenario);
    vr_json_write_string(writer, "dut", job->dut);
    write_text_or_null(writer, "on", job->on_dut);
    write_time(writer, "submitted", job->submitted_utc_ns);
    write_time(writer, "started", job->started_utc_ns);
    write_time(writer, "ended", job->ended_utc_ns);
    write_text_or_null(writer, "run", job->run_uid);
    vr_json_write_int(writer, "starts", job->starts);
    vr_json_write_int(writer, "trials", job->trials);
    vr_json_write_int(writer, "trials_done", job->trials_done);
    vr_json_write_bool(writer, "bound", job->bound);
    if (has_ended)
        vr_json_write_int(writer, "exit_code", job->exit_code);
    else
        vr_json_write_null(writer, "exit_code");
    vr_json_write_string(writer, "verdict", has_ended ? job->verdict : NULL);
    vr_json_write_string(writer, "why", job->why);
    vr_json_write_string(writer, "waiting_for", waiting_for);
}

static void write_id_or_null(struct vr_json_writer *writer, const char *key, int64_t id)
{
    if (id)
        vr_json_write_int(writer, key, id);
    else
        vr_json_write_null(writer, key);
}

void vr_describe_dut(struct vr_json_writer *writer, const struct vr_bench_dut *dut)
{
    int64_t check_utc_ns = 0;
    if (dut->next_check_ns != VR_NEVER_NS)
        check_utc_ns = vr_clock_utc_ns() + dut->next_check_ns - vr_clock_monotonic_ns();
    vr_json_write_string(writer, "name", dut->rig->name);
    vr_json_write_string(writer, "model", dut->rig->model);
    vr_json_write_string(writer, "kind", dut->rig->kind);
    vr_json_write_string(writer, "state", vr_bench_word(dut));
    vr_json_write_string(writer, "reason", dut->reason);
    write_time(writer, "since", dut->since_utc_ns);
    vr_json_write_int(writer, "failures", dut->failures);
    write_id_or_null(writer, "job", dut->job_id);
    write_id_or_null(writer, "lease", dut->lease_id);
    write_time(writer, "next_check", check_utc_ns);
}

void vr_describe_lease(struct vr_json_writer *writer, const struct vr_lease *lease)
{
    vr_json_write_int(writer, "id", lease->lease_id);
    vr_json_write_string(writer, "dut", lease->dut);
    vr_json_write_string(writer, "user", lease->user.name);
    vr_json_write_int(writer, "pid", lease->user.pid);
    vr_json_write_string(writer, "reason", lease->reason);
    write_time(writer, "since", lease->since_utc_ns);
    write_time(writer, "until", lease->until_utc_ns);
}

char *vr_describe_tags(const struct vr_order *order)
{
    char *text = NULL;
    size_t size;
    FILE *file = open_memstream(&text, &size);
    if (!file)
        return NULL;
    for (size_t i = 0; i < order->tag_count; i++)
        fprintf(file, "%s%s", i ? "," : "", order->tags[i]);
    if (fclose(file) == 0)
        return text;
    free(text);
    return NULL;
}
