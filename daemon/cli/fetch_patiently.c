/* What counts is how far the file has come: a server that sends the same beginning for ever is not followed for ever. */
#include "cli/fetch_patiently.h"

#include <poll.h>
#include <sys/stat.h>

#include "cli/stop.h"

#define ADVANCE_BYTES 262144 /* a try that brought the file so much farther counts as none */
#define WAIT_S_MAX 60

static int wait_for(double seconds, struct vr_err *err)
{
    struct pollfd stop = {.fd = vr_stop_fd(), .events = POLLIN};
    if (seconds > WAIT_S_MAX)
        seconds = WAIT_S_MAX;
    if (poll(&stop, 1, (int)(seconds * 1000)) > 0)
        return vr_err_set(
            err, VR_ERR_INTERRUPTED, "stopped; the same command goes on where this one was");
    return 0;
}

static int64_t size_of(int fd)
{
    struct stat info;
    return fstat(fd, &info) < 0 ? 0 : (int64_t)info.st_size;
}

int vr_fetch_patiently(
    struct vr_fetch *fetch, const struct vr_patience *patience, const char *url, int fd,
    int64_t size_max, int64_t *received, struct vr_err *err)
{
    int64_t farthest = size_of(fd);
    double delay_s = patience->delay_s;
    for (int failed = 0;;) {
        int r = vr_fetch_file(fetch, url, fd, size_max, err);
        *received += vr_fetch_received(fetch);
        if (r != -VR_ERR_LINK)
            return r;
        if (size_of(fd) >= farthest + ADVANCE_BYTES) {
            farthest = size_of(fd);
            failed = 0;
            delay_s = patience->delay_s;
        }
        if (failed++ >= patience->retries)
            return r;
        patience->say(patience->context, err->text);
        double asked_s = (double)vr_fetch_retry_after_s(fetch);
        r = wait_for(asked_s > delay_s ? asked_s : delay_s, err);
        if (r < 0)
            return r;
        delay_s *= 2;
    }
}
