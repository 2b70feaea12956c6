/* The errand of a worker: the JSON object that it reads from stdin (service/worker.h). */
#ifndef VR_CLI_ERRAND_H
#define VR_CLI_ERRAND_H

#include "scenario/order.h"

/* Strings belong to the document. */
struct vr_errand {
    struct vr_order order;
    const char *rig, *dut, *uid, *run_file;
    const char *catalogue; /* NULL = none */
    int64_t failures;
    bool hand_back;

    /* Private. */
    struct vr_json_doc *doc;
};

/* Reads to the end of the object, not of the file.  VR_ERR_INPUT, VR_ERR_IO.  Finish it in any case. */
int vr_errand_read(int fd, struct vr_errand *ret_errand, struct vr_err *err);
void vr_errand_finish(struct vr_errand *errand);

#endif
