/* A job of a daemon, followed to its end: the lines on stderr, the report on stdout, and the exit code of a run by itself. */
#ifndef VR_CLI_FOLLOW_H
#define VR_CLI_FOLLOW_H

#include <stdatomic.h>

#include "cli/client.h"

struct vr_follow_setup {
    struct vr_client *client;
    int64_t job_id;
    const char *file;  /* the scenario's name in messages, NULL = none */
    const char *junit; /* file, NULL = none */
    bool json, quiet;
    bool is_ours; /* it was submitted for this: stopping cancels it, and so does going away */
    const atomic_int *stop; /* set by a signal handler, */
    int stop_fd;            /* which makes this one readable */
};

/* Returns the exit code: the job's, or why it is not known; errors are told on stderr. */
int vr_follow(const struct vr_follow_setup *setup);

/* GET the report of an ended job, to `out`. */
int vr_follow_report(
    struct vr_client *client, int64_t job_id, const char *format, FILE *out, struct vr_err *err);

#endif
