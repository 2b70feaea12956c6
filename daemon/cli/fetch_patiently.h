/* A file from a server that may be lost on the way: tried again, each time after twice the time. */
#ifndef VR_CLI_FETCH_PATIENTLY_H
#define VR_CLI_FETCH_PATIENTLY_H

#include "cli/fetch.h"

struct vr_patience {
    int retries; /* after a try that brought next to nothing; one that did starts the count anew */
    double delay_s; /* before the first of them; the server may ask for more, up to a minute */
    void (*say)(void *context, const char *text); /* why it is tried again */
    void *context;
};

/* As vr_fetch_file, but VR_ERR_LINK only when no retry is left.  The bytes that came are added to *received; Ctrl-C ends the waiting (cli/stop.h). */
int vr_fetch_patiently(
    struct vr_fetch *fetch, const struct vr_patience *patience, const char *url, int fd,
    int64_t size_max, int64_t *received, struct vr_err *err);

#endif
