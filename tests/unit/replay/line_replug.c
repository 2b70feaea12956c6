/* The line over a real link that goes away: a thread plays the device, so no test framework that forks. */
#include <pthread.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/clock.h"
#include "replay/line.h"

#define HELLO_MIN 20 /* B; a line that is only ended takes fewer */

struct device {
    int listening;
    size_t heard[2]; /* B, before it went away and after it came back */
};

/* Goes away at the first bytes, comes back, and listens until the host hangs up. */
static void *be_device(void *context)
{
    struct device *device = context;
    char bytes[512];
    ssize_t size;
    for (int i = 0; i < 2; i++) {
        int fd = accept(device->listening, NULL, NULL);
        while (fd >= 0 && (size = recv(fd, bytes, sizeof bytes, 0)) > 0) {
            device->heard[i] += (size_t)size;
            if (i == 0)
                break;
        }
        close(fd);
    }
    return NULL;
}

static void ignore_log(
    void *context, int64_t now_ns, int level, const char *source, const char *text)
{
    (void)context, (void)now_ns, (void)level, (void)source, (void)text;
}

static struct vr_session *make_session(void)
{
    const struct vr_session_config config = {
        .session_id = 1,
        .host_nonce = 1,
        .algorithm = "echo",
        .payload_max = 256,
        .hello_timeout_ns = 200 * VR_NS_PER_MS, /* ends the trial, as the device never answers */
        .replug_ns = 2 * VR_NS_PER_S,
        .sink = {.log = ignore_log},
        .open = {.stream_count = 1, .streams = {{.channels = 1, .rate_num = 360, .rate_den = 1}}},
    };
    struct vr_session *session;
    struct vr_err err;
    if (vr_session_create(&config, vr_clock_monotonic_ns(), &session, &err) < 0)
        abort();
    return session;
}

static void run_line(const char *path)
{
    struct vr_err err = {0};
    struct vr_schedule schedule = {.stream_count = 1};
    struct vr_connection connection = {
        .driver = vr_link_find("socket", &err), .config = {.name = "dut", .path = path}};
    struct vr_line line = {
        .connection = &connection, .session = make_session(), .schedule = &schedule};
    if (vr_connection_open(&connection, &err) < 0 || vr_line_run(&line, &err) < 0)
        puts(err.text);
    vr_connection_close(&connection);
    vr_session_destroy(line.session);
}

int main(void)
{
    char folder[] = "/tmp/vitalrig-line-XXXXXX";
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    struct device device = {.listening = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0)};
    pthread_t thread;
    if (!mkdtemp(folder))
        abort();
    snprintf(address.sun_path, sizeof address.sun_path, "%s/dut", folder);
    if (bind(device.listening, (const struct sockaddr *)&address, sizeof address) < 0 ||
        listen(device.listening, 1) < 0 || pthread_create(&thread, NULL, be_device, &device) != 0)
        abort();
    run_line(address.sun_path);
    shutdown(device.listening, SHUT_RDWR); /* whatever it still waits for */
    pthread_join(thread, NULL);
    close(device.listening);
    unlink(address.sun_path);
    rmdir(folder);
    bool is_asked = device.heard[0] >= HELLO_MIN && device.heard[1] >= HELLO_MIN;
    if (!is_asked)
        printf(
            "failed: %zu B were said, and %zu B after the device was back: no HELLO\n",
            device.heard[0], device.heard[1]);
    return !is_asked;
}
