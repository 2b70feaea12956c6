#include "cli/job_text.h"

#include <inttypes.h>
#include <string.h>

#include "base/json_member.h"
#include "report/plain.h"

static void put_column(const char *text, size_t width, FILE *out)
{
    vr_plain_put_padded(text, width, out);
    putc(' ', out);
}

void vr_job_put_head(FILE *out)
{
    fprintf(
        out, "%6s  %-8s %-10s %-20s %-12s %9s  %s\n", "job", "state", "user", "scenario", "dut",
        "trials", "");
}

/* What a reader of the table wants to know next. */
static const char *outcome_of(const struct vr_json *job)
{
    const char *verdict = vr_member_text(job, "verdict"), *why = vr_member_text(job, "why");
    const char *waiting_for = vr_member_text(job, "waiting_for");
    return verdict[0] ? verdict : why[0] ? why : waiting_for;
}

void vr_job_put_row(const struct vr_json *job, FILE *out)
{
    char trials[48];
    const char *on = vr_member_text(job, "on");
    fprintf(out, "%6" PRId64 "  ", vr_member_int(job, "id", 0));
    put_column(vr_member_text(job, "state"), 8, out);
    put_column(vr_member_text(job, "user"), 10, out);
    put_column(vr_member_text(job, "scenario"), 20, out);
    put_column(on[0] ? on : vr_member_text(job, "dut"), 12, out);
    snprintf(
        trials, sizeof trials, "%" PRId64 "/%" PRId64, vr_member_int(job, "trials_done", 0),
        vr_member_int(job, "trials", 0));
    fprintf(out, "%9s  ", trials);
    vr_plain_put(outcome_of(job), out);
    putc('\n', out);
}

static void put_value(const struct vr_json *value, FILE *out)
{
    int64_t whole;
    switch (vr_json_kind(value)) {
    case VR_JSON_STRING:
        vr_plain_put(vr_json_string(value), out);
        break;
    case VR_JSON_NUMBER:
        if (vr_json_integer(value, &whole))
            fprintf(out, "%" PRId64, whole);
        else
            fprintf(out, "%g", vr_json_number(value));
        break;
    case VR_JSON_BOOL:
        fputs(vr_json_bool(value) ? "yes" : "no", out);
        break;
    case VR_JSON_ARRAY:
        for (const struct vr_json *n = vr_json_first(value); n; n = vr_json_next(n)) {
            put_value(n, out);
            if (vr_json_next(n))
                putc(' ', out);
        }
        break;
    default:
        break;
    }
}

static bool is_said(const struct vr_json *value)
{
    switch (vr_json_kind(value)) {
    case VR_JSON_NULL:
    case VR_JSON_OBJECT:
        return false;
    case VR_JSON_STRING:
        return vr_json_string(value)[0] != '\0';
    case VR_JSON_ARRAY:
        return vr_json_count(value) > 0;
    default:
        return true;
    }
}

void vr_job_put(const struct vr_json *job, FILE *out)
{
    for (const struct vr_json *n = vr_json_first(job); n; n = vr_json_next(n)) {
        if (!vr_json_key(n) || !is_said(n))
            continue;
        vr_plain_put_padded(vr_json_key(n), 12, out);
        putc(' ', out);
        put_value(n, out);
        putc('\n', out);
    }
}
