/* Gates as people and programs read them. */
#ifndef VR_REPORT_GATES_H
#define VR_REPORT_GATES_H

#include "base/json_write.h"
#include "report/report.h"

/* A line for each gate of the report, those against a baseline with a second one; what must be known with them comes before any number. */
void vr_gates_put(const struct vr_report *report, FILE *out);

/* One gate as an object in an open array. */
void vr_gate_write(struct vr_json_writer *writer, const struct vr_gate_row *gate);

/* Is it against a baseline, with a change to tell? */
bool vr_gate_has_change(const struct vr_gate_row *gate);
/* "-0.83 from 99.13, -0.95 to -0.71 (95 % either end), p 0.0005, 24 pairs, shows 0.11". */
void vr_gate_put_change(const struct vr_gate_row *gate, FILE *out);

#endif
