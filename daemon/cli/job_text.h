/* A job of a daemon (docs/reference-api.md, "Jobs") as people read it. */
#ifndef VR_CLI_JOB_TEXT_H
#define VR_CLI_JOB_TEXT_H

#include <stdio.h>

#include "base/json.h"

/* A table: its head, and a row for each job. */
void vr_job_put_head(FILE *out);
void vr_job_put_row(const struct vr_json *job, FILE *out);

/* All about it, a line for each thing that is known. */
void vr_job_put(const struct vr_json *job, FILE *out);

#endif
