/* Nothing of the lease is kept anywhere but in the open connection: no file that could outlive its holder. */
#include "cli/lease.h"

#include <errno.h>
#include <fcntl.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "base/json_member.h"
#include "base/json_text.h"
#include "cli/event_stream.h"
#include "cli/say.h"

struct vr_lease {
    struct vr_event_stream *stream;
    char dut[65], until[VR_CLOCK_ISO_SIZE];
    char holder[512], why[512]; /* for whom it waits, and why it has ended */
    bool is_taken, has_ended;
};

/* --- events ---------------------------------------------------------------------------------------- */

static void on_waiting(struct vr_lease *lease, const struct vr_json *data)
{
    const char *holder = vr_member_text(data, "waiting_for");
    if (!holder[0] || strcmp(holder, lease->holder) == 0)
        return;
    snprintf(lease->holder, sizeof lease->holder, "%s", holder);
    vr_say("waiting: %s", holder);
}

static int take(void *context, const struct vr_sse_event *event, struct vr_err *err)
{
    struct vr_lease *lease = context;
    struct vr_json_doc *doc = NULL;
    if (strncmp(event->kind, "lease_", 6) != 0)
        return 0;
    if (vr_json_doc_create(event->data, event->size, event->kind, &doc, NULL) < 0)
        return vr_err_set(err, VR_ERR_LINK, "an event of the daemon is no JSON");
    const struct vr_json *data = vr_json_doc_root(doc);
    if (strcmp(event->kind, "lease_waiting") == 0)
        on_waiting(lease, data);
    if (strcmp(event->kind, "lease_taken") == 0) {
        lease->is_taken = true;
        snprintf(lease->until, sizeof lease->until, "%s", vr_member_text(data, "until"));
    }
    if (strcmp(event->kind, "lease_ended") == 0) {
        lease->has_ended = true;
        snprintf(lease->why, sizeof lease->why, "%s", vr_member_text(data, "why"));
    }
    vr_json_doc_destroy(doc);
    return 0;
}

/* One turn; 0 = the lease is as it was. */
static int turn(struct vr_lease *lease, struct pollfd *other, int timeout_ms, struct vr_err *err)
{
    int r = vr_event_stream_turn(lease->stream, other, other != NULL, timeout_ms, err);
    if (lease->has_ended)
        return vr_err_set(
            err, VR_ERR_DEVICE, "the lease of %s has ended: %s", lease->dut,
            lease->why[0] ? lease->why : "the daemon says no more");
    if (r == 0 || (r < 0 && lease->is_taken && vr_event_stream_is_cut(lease->stream)))
        return vr_err_set(
            err, VR_ERR_DEVICE, "the lease of %s has ended with the daemon's connection",
            lease->dut);
    return r < 0 ? r : 0;
}

/* --- taking ---------------------------------------------------------------------------------------- */

static char *write_wish(const struct vr_lease_wish *wish)
{
    struct vr_json_text text;
    char *body;
    if (vr_json_text_begin(&text, NULL) < 0)
        return NULL;
    vr_json_write_object(&text.writer, NULL);
    vr_json_write_string(&text.writer, "dut", wish->dut);
    if (isfinite(wish->for_s))
        vr_json_write_double(&text.writer, "for_s", wish->for_s);
    vr_json_write_string(&text.writer, "reason", wish->reason);
    vr_json_write_bool(&text.writer, "wait", wish->wait_s > 0);
    vr_json_write_int(&text.writer, "pid", wish->pid);
    vr_json_write_end(&text.writer);
    vr_json_text_end(&text, &body, NULL);
    return body;
}

static int left_ms(int64_t deadline_ns)
{
    int64_t left_ns = deadline_ns - vr_clock_monotonic_ns();
    if (deadline_ns == VR_NEVER_NS || left_ns > 60 * VR_NS_PER_S)
        return 60000;
    return left_ns > 0 ? (int)(left_ns / VR_NS_PER_MS) + 1 : 0;
}

static int wait_for_it(struct vr_lease *lease, const struct vr_lease_wish *wish, struct vr_err *err)
{
    int64_t deadline_ns = VR_NEVER_NS;
    if (isfinite(wish->wait_s) && wish->wait_s > 0)
        deadline_ns = vr_clock_monotonic_ns() + (int64_t)(wish->wait_s * (double)VR_NS_PER_S);
    int r = 0;
    while (r == 0 && !lease->is_taken) {
        r = turn(lease, NULL, left_ms(deadline_ns), err);
        if (r == 0 && !lease->is_taken && vr_clock_monotonic_ns() >= deadline_ns)
            r = vr_err_set(
                err, VR_ERR_DEVICE, "%s was not free within %g s%s%s", lease->dut, wish->wait_s,
                lease->holder[0] ? ": " : "", lease->holder);
    }
    return r;
}

int vr_lease_take(
    struct vr_client *client, const struct vr_lease_wish *wish, struct vr_lease **ret_lease,
    struct vr_err *err)
{
    _cleanup_free_ char *body = write_wish(wish);
    struct vr_lease *lease = calloc(1, sizeof *lease);
    *ret_lease = lease;
    if (!body || !lease)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a lease");
    snprintf(lease->dut, sizeof lease->dut, "%s", wish->dut);
    const struct vr_event_stream_setup setup = {
        .client = client,
        .method = "POST",
        .path = "/v1/leases",
        .body = body,
        .is_only = true,
        .event = take,
        .context = lease,
    };
    int r = vr_event_stream_open(&setup, &lease->stream, err);
    return r < 0 ? r : wait_for_it(lease, wish, err);
}

void vr_lease_release(struct vr_lease *lease)
{
    if (lease)
        vr_event_stream_close(lease->stream);
    free(lease);
}

void vr_lease_releasep(struct vr_lease **lease)
{
    vr_lease_release(*lease);
}

const char *vr_lease_until(const struct vr_lease *lease)
{
    return lease->until;
}

/* --- holding --------------------------------------------------------------------------------------- */

int vr_lease_keep(struct vr_lease *lease, struct pollfd *other, struct vr_err *err)
{
    int r = 0;
    other->revents = 0;
    while (r == 0 && !other->revents)
        r = turn(lease, other, -1, err);
    return r;
}

/* What it keeps becomes 3 and 4; what else was inherited, such as a pipe of a CI runner, would look open for as long as the lease lasts. */
static void keep_only(int a, int b)
{
    int none = open("/dev/null", O_RDWR), low_a = fcntl(a, F_DUPFD, 5),
        low_b = fcntl(b, F_DUPFD, 5);
    if (none < 0 || low_a < 0 || low_b < 0)
        _exit(EXIT_FAILURE);
    for (int fd = 0; fd <= 2; fd++)
        dup2(none, fd);
    dup2(low_a, 3);
    dup2(low_b, 4);
    close_range(5, ~0U, 0);
}

static _Noreturn void hold(double limit_s)
{
    int64_t deadline_ns = VR_NEVER_NS;
    if (limit_s < 1e9)
        deadline_ns = vr_clock_monotonic_ns() + (int64_t)(limit_s * (double)VR_NS_PER_S);
    char bytes[4096];
    for (;;) {
        struct pollfd both[] = {{.fd = 3, .events = POLLIN}, {.fd = 4, .events = POLLIN}};
        poll(both, 2, left_ms(deadline_ns));
        if (both[1].revents || vr_clock_monotonic_ns() >= deadline_ns)
            _exit(EXIT_SUCCESS);
        ssize_t size = both[0].revents ? read(3, bytes, sizeof bytes) : 1;
        if (size == 0 || (size < 0 && errno != EAGAIN && errno != EINTR))
            _exit(EXIT_SUCCESS);
    }
}

int vr_lease_leave(const struct vr_lease *lease, int caller_fd, double limit_s, struct vr_err *err)
{
    pid_t pid = fork();
    if (pid < 0)
        return vr_err_set(
            err, VR_ERR_IO, "the lease of %s needs a process that holds it: %s", lease->dut,
            strerror(errno));
    if (pid > 0)
        return 0;
    setsid();
    prctl(PR_SET_NAME, "vitalrig-lock");
    keep_only(vr_event_stream_fd(lease->stream), caller_fd);
    if (chdir("/") < 0)
        _exit(EXIT_FAILURE);
    hold(limit_s);
}
