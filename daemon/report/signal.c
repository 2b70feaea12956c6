#include "report/signal.h"

#include <inttypes.h>
#include <math.h>
#include <string.h>

#include "report/plain.h"

static void put_fault(const struct vr_signal_fault_row *fault, FILE *out)
{
    fputs("  signal    ", out);
    vr_plain_put(fault->kind, out);
    if (!isnan(fault->amount)) {
        fprintf(out, " %.6g ", fault->amount);
        vr_plain_put(fault->unit, out);
    }
    fprintf(
        out, ", stream %" PRId64 " channel %" PRId64 ", %" PRId64 " samples from %" PRId64 " on",
        fault->stream, fault->channel, fault->count, fault->first);
    if (fault->detail[0]) {
        fputs("; ", out);
        vr_plain_put(fault->detail, out);
    }
    putc('\n', out);
}

void vr_signal_put_trial(const struct vr_report *report, size_t index, FILE *out)
{
    const struct vr_trial_row *trial = &report->trials[index];
    for (size_t i = 0; i < report->signal_fault_count; i++)
        if (report->signal_faults[i].trial_id == trial->trial_id)
            put_fault(&report->signal_faults[i].row, out);
}

void vr_signal_write(
    struct vr_json_writer *writer, const struct vr_report *report, const struct vr_trial_row *trial)
{
    if (!report->record)
        return;
    vr_json_write_array(writer, "signal_faults");
    for (size_t i = 0; i < report->signal_fault_count; i++) {
        const struct vr_signal_fault_row *fault = &report->signal_faults[i].row;
        if (report->signal_faults[i].trial_id != trial->trial_id)
            continue;
        vr_json_write_object(writer, NULL);
        vr_json_write_string(writer, "kind", fault->kind);
        vr_json_write_int(writer, "stream", fault->stream);
        vr_json_write_int(writer, "channel", fault->channel);
        vr_json_write_int(writer, "first", fault->first);
        vr_json_write_int(writer, "count", fault->count);
        vr_json_write_double(writer, "amount", fault->amount);
        vr_json_write_string(writer, "unit", fault->unit);
        vr_json_write_string(writer, "detail", fault->detail);
        vr_json_write_end(writer);
    }
    vr_json_write_end(writer);
}
