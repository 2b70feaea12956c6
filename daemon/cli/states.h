/* What the daemon of a bench says of its devices; without one, nothing is known. */
#ifndef VR_CLI_STATES_H
#define VR_CLI_STATES_H

#include "cli/client.h"

struct vr_states {
    struct vr_client *client; /* NULL = no daemon */
    char *rig_file;           /* the daemon's; NULL = not known */
    struct vr_json_doc *doc;
    const struct vr_json *duts;
};

/* Ask the daemon whose rig file is `rig` (NULL = any daemon's).  Finish it in any case. */
int vr_states_load(
    struct vr_states *states, const struct vr_client_choice *choice, const char *rig,
    struct vr_err *err);
void vr_states_finish(struct vr_states *states);

/* As GET /v1/duts/NAME has it; NULL = the daemon does not know it. */
const struct vr_json *vr_states_of(const struct vr_states *states, const char *dut);

/* Ask the daemon to take the device out of quarantine. */
int vr_states_release(struct vr_states *states, const char *dut, struct vr_err *err);

#endif
