/* Rows of parity beside the trials of a report. */
#include "report/parity.h"

#include <stdlib.h>
#include <string.h>

#include "report/standing.h"

bool vr_parity_is_asked(const struct vr_report *report)
{
    return report->golden_uid || report->parity_count > 0;
}

static int row_compare(const void *key, const void *item)
{
    const struct vr_trial_row *trial = key;
    const struct vr_parity_row *row = item;
    int order = strcmp(trial->record, row->record);
    return order ? order : (trial->repeat > row->repeat) - (trial->repeat < row->repeat);
}

const struct vr_parity_row *vr_parity_of(
    const struct vr_report *report, const struct vr_trial_row *trial)
{
    const struct vr_parity_row *row = NULL;
    if (report->parity_count > 0 && !report->superseded[trial - report->trials])
        row = bsearch(trial, report->parities, report->parity_count, sizeof *row, row_compare);
    return row && vr_store_parity_is_of(row, trial->output_digest) ? row : NULL;
}

struct vr_parity_counts vr_parity_count(const struct vr_report *report)
{
    struct vr_parity_counts counts = {0};
    for (size_t i = 0; i < report->trial_count; i++) {
        const struct vr_trial_row *trial = &report->trials[i];
        if (report->superseded[i] || !vr_trial_is_complete(trial) || !trial->ledger_closed)
            continue;
        const struct vr_parity_row *row = vr_parity_of(report, trial);
        if (row && strcmp(row->verdict, "equal") == 0)
            counts.equal++;
        else if (row && strcmp(row->verdict, "different") == 0)
            counts.different++;
        else
            counts.inconclusive++;
        if (row && row->samples > 0) {
            counts.outputs += row->outputs;
            counts.samples += row->samples;
        }
    }
    return counts;
}
