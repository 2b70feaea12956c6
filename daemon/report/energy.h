/* The energy of trials, in words and as JSON (schema/store.md: power). */
#ifndef VR_REPORT_ENERGY_H
#define VR_REPORT_ENERGY_H

#include "base/json_write.h"
#include "report/report.h"

/* Fills report->energies, one for each trial. */
int vr_energy_gather(struct vr_store *store, struct vr_report *report, struct vr_err *err);

/* Lines of the whole run; nothing when no meter was at work. */
void vr_energy_put_run(const struct vr_report *report, FILE *out);
/* Lines of one trial; nothing when no meter was at work. */
void vr_energy_put_trial(const struct vr_report *report, size_t index, FILE *out);
/* The member "energy" of a trial; null when no meter was at work. */
void vr_energy_write(
    struct vr_json_writer *writer, const struct vr_report *report,
    const struct vr_report_energy *energy);

#endif
