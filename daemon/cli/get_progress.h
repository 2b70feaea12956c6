/* Progress of a download on stderr: a line that changes on a terminal, else one every ten seconds. */
#ifndef VR_CLI_GET_PROGRESS_H
#define VR_CLI_GET_PROGRESS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct vr_get_progress {
    bool bar; /* stderr is a terminal */
    bool quiet;
    const char *verb;   /* "verified", "fetched" */
    size_t total, done; /* files */
    int64_t bytes;      /* of the files that are done */
    int64_t started_ns, shown_ns;
    size_t width; /* columns of the line on screen now; 0 = none */
};

void vr_get_progress_init(struct vr_get_progress *progress, bool quiet, int64_t now_ns);

/* A new pass over `total` files. */
void vr_get_progress_begin(
    struct vr_get_progress *progress, const char *verb, size_t total, int64_t now_ns);

/* `bytes` of the present file are there; drawn when it is time to. */
void vr_get_progress_draw(
    struct vr_get_progress *progress, const char *file, int64_t bytes, int64_t now_ns);

/* Take the line off the screen, so that something can be said. */
void vr_get_progress_clear(struct vr_get_progress *progress);

/* "1.2 kB", "104.3 MB"; buffer of at least 24 bytes. */
const char *vr_get_progress_size(double bytes, char *buffer);

#endif
