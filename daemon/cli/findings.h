/* What the doctor found, said as it is found. */
#ifndef VR_CLI_FINDINGS_H
#define VR_CLI_FINDINGS_H

#include <stdbool.h>
#include <stddef.h>

#include "base/json_write.h"
#include "port/examine.h"

struct vr_findings {
    bool json;
    struct vr_json_writer writer; /* inside an array, when json */
    size_t count;
    bool is_port_taken; /* among them is one that says so since this was last cleared */
};

/* The `found` of a struct vr_examine whose context is a struct vr_findings. */
void vr_findings_add(void *context, const struct vr_finding *finding);

#endif
