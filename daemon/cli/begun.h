/* A run that a process before this one began: what its run file says of it. */
#ifndef VR_CLI_BEGUN_H
#define VR_CLI_BEGUN_H

#include <stdbool.h>

#include "store/store.h"

/* Zeroed = there is none.  Strings are owned; NULL = not noted. */
struct vr_begun {
    int64_t run_id; /* 0 = the file is there, but no run is in it yet */
    bool is_ended;  /* every trial has its outcome: it may have to be judged still */
    bool is_judged;
    char *uid, *dut;
    char *scenario; /* text */
    char *order;    /* as JSON, its scenario left out: see VR_ENV_ORDER */
    char *rig;      /* name */
    char *golden;   /* uid */
    char *baseline; /* VR_ENV_BASELINE */
};

/* `path` is the store's.  More than one run is VR_ERR_USAGE.  Finish it in any case. */
int vr_begun_read(
    struct vr_store *store, const char *path, struct vr_begun *ret_begun, struct vr_err *err);
void vr_begun_finish(struct vr_begun *begun);

#endif
