/* One file over HTTP into a descriptor, going on behind what is there of it. */
#ifndef VR_CLI_FETCH_H
#define VR_CLI_FETCH_H

#include <stdbool.h>
#include <stdint.h>

#include "base/err.h"

struct vr_fetch; /* a connection that stays open between files */

struct vr_fetch_watch {
    /* Now and then, at least once a second: bytes of the present file that have come by this request.  True stops it. */
    bool (*fn)(void *context, int64_t bytes);
    void *context;
};

/* Give up what brings fewer than 100 bytes a second for `stall_s` seconds.  The caller closes *ret_fetch; `watch` must live as long. */
int vr_fetch_open(
    long stall_s, const struct vr_fetch_watch *watch, struct vr_fetch **ret_fetch,
    struct vr_err *err);
void vr_fetch_closep(struct vr_fetch **fetch);

/* Get the whole of http://, https:// or file:// `url`; at most size_max bytes.  The descriptor may hold the beginning of it, by its size: only
 * the rest is asked for, and where a server cannot do that the file is begun anew.  Redirections are followed within the same server only.
 * What has come stays also after an error:
 *
 *   VR_ERR_LINK         lost, stalled, or refused for now: worth another try
 *   VR_ERR_NOT_FOUND    there is no such file
 *   VR_ERR_INPUT        an answer that no other try will better
 *   VR_ERR_IO           the disk; it is full before the last 16 MB of it are used
 *   VR_ERR_INTERRUPTED  the watch said so */
int vr_fetch_file(
    struct vr_fetch *fetch, const char *url, int fd, int64_t size_max, struct vr_err *err);

/* Bytes that the last file's requests have brought, and how many seconds the server wants to be left alone; 0 = it did not say. */
int64_t vr_fetch_received(const struct vr_fetch *fetch);
long vr_fetch_retry_after_s(const struct vr_fetch *fetch);

#endif
