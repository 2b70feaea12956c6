/* vitalrig-dut-usb: a device as a process behind a USB device controller of Linux.
 *
 *     host ══ bulk OUT ══▶ thread ──▶ socket ──▶ the device (host_dut)
 *     host ◀═ bulk IN  ═══ thread ◀── socket ◀──
 *
 * Endpoints of FunctionFS know no poll, so each has a thread that waits in read or write.  The device lives as long as the process: an
 * unplugged cable is silence to it, and the same boot goes on when the cable is back. */
#include <errno.h>
#include <poll.h>
#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/socket.h>
#include <unistd.h>

#include "targets/host/host_dut.h"
#include "targets/usb-gadget/functionfs.h"

enum {
    EXIT_USAGE = 2,
    EXIT_RIG = 3,
    TRANSFER_SIZE = 16 * 1024, /* whole packets of every speed */
    SMALLEST_PACKET = 64,
    RING_SIZE =
        4096, /* B of samples: as a microcontroller has, so that credit and samples flow all the time */
};

static const char help[] =
    "usage: vitalrig-dut-usb FOLDER\n"
    "A device of VitalRig as a USB gadget's function: the device library and all its algorithms.\n"
    "FOLDER is a mounted functionfs.  Prints \"ready\" when the gadget can be bound to its "
    "controller;\n"
    "serves until SIGTERM, and stays the same boot while the cable comes and goes.\n";

struct gadget {
    struct functionfs usb;
    int line;   /* the threads' side of the socket pair */
    int device; /* the device's side */
};

static int fail(const char *what, int error)
{
    fprintf(stderr, "vitalrig-dut-usb: %s: %s\n", what, strerror(error));
    return EXIT_RIG;
}

/* Without a cable an endpoint blocks until there is one; what was under way at the unplug is lost, as from a chip's FIFO. */
static bool is_unplug(int error)
{
    return error == ESHUTDOWN || error == EINTR || error == ECONNRESET || error == EAGAIN;
}

static void *from_host(void *context)
{
    const struct gadget *const gadget = context;
    static uint8_t bytes[TRANSFER_SIZE];
    for (;;) {
        const ssize_t size = read(gadget->usb.out, bytes, sizeof bytes);
        if (size < 0 && !is_unplug(errno))
            exit(fail("ep1", errno));
        for (ssize_t at = 0, sent; at < size; at += sent) {
            sent = send(gadget->line, bytes + at, (size_t)(size - at), MSG_NOSIGNAL);
            if (sent < 0)
                return NULL; /* the device stopped */
        }
    }
}

/* A transfer of whole packets ends with an empty one, or the host, which asks for more, would wait for the rest. */
static void *to_host(void *context)
{
    const struct gadget *const gadget = context;
    static uint8_t bytes[TRANSFER_SIZE];
    ssize_t size;
    while ((size = recv(gadget->line, bytes, sizeof bytes, 0)) > 0) {
        ssize_t sent = write(gadget->usb.in, bytes, (size_t)size);
        if (sent == size && size % SMALLEST_PACKET == 0)
            sent = write(gadget->usb.in, bytes, 0);
        if (sent < 0 && !is_unplug(errno))
            exit(fail("ep2", errno));
    }
    return NULL;
}

static void *be_device(void *context)
{
    const struct gadget *const gadget = context;
    struct host_dut_options options;
    host_dut_options_init(&options);
    options.ring_size = RING_SIZE;
    const int result = host_dut_serve(gadget->device, -1, &options);
    if (result < 0)
        exit(fail("the device failed", -result));
    return NULL;
}

static int open_stop(void)
{
    sigset_t signals;
    sigemptyset(&signals);
    sigaddset(&signals, SIGTERM);
    sigaddset(&signals, SIGINT);
    if (sigprocmask(SIG_BLOCK, &signals, NULL) < 0)
        return -1;
    return signalfd(-1, &signals, SFD_CLOEXEC);
}

static int serve(const struct gadget *gadget, int stop_fd)
{
    struct pollfd fds[] = {
        {.fd = gadget->usb.control, .events = POLLIN},
        {.fd = stop_fd, .events = POLLIN},
    };
    int result = 0;
    while (result == 0 && !fds[1].revents)
        if (poll(fds, 2, -1) > 0 && fds[0].revents)
            result = functionfs_handle_event(&gadget->usb);
    return result;
}

int main(int argc, char **argv)
{
    static struct gadget gadget;
    pthread_t threads[3];
    int pair[2];
    const char *what;

    if (argc != 2 || argv[1][0] == '-') {
        const bool is_help = argc == 2 && strcmp(argv[1], "--help") == 0;
        fputs(help, is_help ? stdout : stderr);
        return is_help ? EXIT_SUCCESS : EXIT_USAGE;
    }
    const int stop_fd = open_stop();
    if (stop_fd < 0 || socketpair(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0, pair) < 0)
        return fail("cannot start", errno);
    gadget.line = pair[0];
    gadget.device = pair[1];
    int result = functionfs_open(argv[1], &gadget.usb, &what);
    if (result < 0)
        return fail(what, -result);
    void *(*const jobs[])(void *) = {be_device, from_host, to_host};
    for (size_t i = 0; i < 3 && result == 0; i++)
        result = -pthread_create(&threads[i], NULL, jobs[i], &gadget);
    if (result < 0)
        return fail("cannot start a thread", -result);
    puts("ready");
    fflush(stdout);

    result = serve(&gadget, stop_fd);
    /* The other threads may wait in an endpoint, which only the end of the process ends. */
    shutdown(gadget.line, SHUT_RDWR);
    pthread_join(threads[0], NULL);
    return result < 0 ? fail("ep0", -result) : EXIT_SUCCESS;
}
