/* vitalrig-dut: a device as a process, on a descriptor that it inherits, a pty that it makes, or a tty that comes and goes. */
#include <errno.h>
#include <fcntl.h>
#include <getopt.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <termios.h>
#include <unistd.h>

#include "targets/host/build_id.h"
#include "targets/host/host_dut.h"

enum { EXIT_USAGE = 2, EXIT_RIG = 3, REOPEN_MS = 20 };

static const char help[] =
    "usage: vitalrig-dut --pty | --fd N | --tty PATH  [options]\n"
    "A device of VitalRig as a process: the device library and all its algorithms.\n"
    "\n"
    "  --pty               make a pty, print its path, serve one peer after the other until "
    "SIGTERM\n"
    "  --fd N              serve on an inherited socket, pty or serial port until it hangs up\n"
    "  --tty PATH          serve on a tty, such as a USB gadget's; open it again when it hangs up, "
    "as "
    "the same boot\n"
    "  --payload-max B     largest frame payload that it takes, 64 to 4096 (4096)\n"
    "  --ring B            bytes of samples that it holds (65536)\n"
    "  --output-window N   outputs that it holds unacknowledged, 1 to 32767 (1024)\n"
    "  --unit N            serial number: the same unit after another start (its process id)\n"
    "  --gpio NAME         tell a simulated meter of that name (vitalrig-meter --gpio) of its "
    "lines: "
    "0 busy,\n"
    "                      1 inference, 2 sync\n"
    "  --build-id          tell this program's build-id as the hash of the firmware\n"
    "  --inference-us N    a device with a known cost: each inference, a step that has an output, "
    "takes N us\n"
    "  --help              this text\n";

struct arguments {
    bool pty;
    int fd;
    const char *tty;
    struct host_dut_options options;
};

static size_t parse_number(const char *option, const char *text)
{
    char *end;
    errno = 0;
    const unsigned long number = strtoul(text, &end, 10);
    if (*text < '0' || *text > '9' || *end || errno || number > 1 << 20) {
        fprintf(
            stderr, "vitalrig-dut: --%s: \"%s\" is not a number from 0 to %d\n", option, text,
            1 << 20);
        exit(EXIT_USAGE);
    }
    return number;
}

static void parse(int argc, char **argv, struct arguments *ret)
{
    static const struct option options[] = {
        {"pty", no_argument, NULL, 'p'},
        {"fd", required_argument, NULL, 'f'},
        {"tty", required_argument, NULL, 't'},
        {"payload-max", required_argument, NULL, 'm'},
        {"ring", required_argument, NULL, 'r'},
        {"output-window", required_argument, NULL, 'o'},
        {"unit", required_argument, NULL, 'u'},
        {"gpio", required_argument, NULL, 'g'},
        {"inference-us", required_argument, NULL, 'i'},
        {"build-id", no_argument, NULL, 'b'},
        {"help", no_argument, NULL, 'h'},
        {0},
    };
    int option;
    int index = 0;

    *ret = (struct arguments){.fd = -1};
    host_dut_options_init(&ret->options);
    while ((option = getopt_long(argc, argv, "", options, &index)) != -1) {
        if (option == 'h') {
            fputs(help, stdout);
            exit(EXIT_SUCCESS);
        }
        if (option == '?')
            exit(EXIT_USAGE);
        const size_t number = optarg && option != 't' && option != 'g'
                                  ? parse_number(options[index].name, optarg)
                                  : 0;
        if (option == 't')
            ret->tty = optarg;
        else if (option == 'g')
            ret->options.gpio = optarg;
        else if (option == 'i')
            ret->options.inference_ns = (int64_t)number * 1000;
        else if (option == 'b')
            ret->options.firmware_hash = host_build_id();
        else if (option == 'p')
            ret->pty = true;
        else if (option == 'f')
            ret->fd = (int)number;
        else if (option == 'm')
            ret->options.payload_max = number;
        else if (option == 'r')
            ret->options.ring_size = number;
        else if (option == 'u')
            ret->options.unit = (uint32_t)number;
        else
            ret->options.output_window = number;
    }
    if (optind < argc || ret->pty + (ret->fd >= 0) + (ret->tty != NULL) != 1) {
        fputs(
            "vitalrig-dut: give --pty, --fd N or --tty PATH, and no other words; see --help\n",
            stderr);
        exit(EXIT_USAGE);
    }
}

static int make_raw(int fd)
{
    struct termios termios;
    if (tcgetattr(fd, &termios) < 0)
        return -1;
    cfmakeraw(&termios);
    return tcsetattr(fd, TCSANOW, &termios);
}

/* The slave stays open here too, so that the line outlives its peers. */
static int open_pty(int *ret_slave)
{
    const int master = posix_openpt(O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (master < 0 || grantpt(master) < 0 || unlockpt(master) < 0)
        return -1;
    const int slave = open(ptsname(master), O_RDWR | O_NOCTTY | O_CLOEXEC);
    if (slave < 0 || make_raw(slave) < 0)
        return -1;
    printf("%s\n", ptsname(master));
    fflush(stdout);
    *ret_slave = slave;
    return master;
}

/* A descriptor that is readable after SIGTERM or SIGINT. */
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

static int fail(const char *what, int error)
{
    fprintf(stderr, "vitalrig-dut: %s: %s\n", what, strerror(error));
    return EXIT_RIG;
}

/* A while, or until stop.  Returns whether it is time to stop. */
static bool pause_before_reopen(int stop_fd)
{
    struct pollfd stop = {.fd = stop_fd, .events = POLLIN};
    return poll(&stop, 1, REOPEN_MS) > 0;
}

/* A USB gadget's tty reads end of file for ever after an unplug, also when the cable is back: it is closed and opened again. */
static int serve_tty(struct host_dut *host, const char *path, int stop_fd)
{
    int result = HOST_DUT_HANGUP;
    do {
        const int fd = open(path, O_RDWR | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
        if (fd < 0)
            continue; /* it is away */
        if (make_raw(fd) == 0)
            result = host_dut_run(host, fd, stop_fd);
        close(fd);
    } while (result != HOST_DUT_STOPPED && !pause_before_reopen(stop_fd));
    return HOST_DUT_STOPPED;
}

static int serve_descriptor(struct host_dut *host, const struct arguments *arguments, int stop_fd)
{
    int slave = -1;
    const int fd = arguments->pty ? open_pty(&slave) : arguments->fd;
    if (fd < 0)
        return -errno;
    const int result = host_dut_run(host, fd, stop_fd);
    if (slave >= 0)
        close(slave);
    close(fd);
    return result;
}

int main(int argc, char **argv)
{
    struct arguments arguments;
    struct host_dut *host;

    parse(argc, argv, &arguments);
    const int stop_fd = open_stop();
    if (stop_fd < 0)
        return fail("cannot catch signals", errno);
    int result = host_dut_create(&arguments.options, &host);
    if (result == -EINVAL) {
        fputs(
            "vitalrig-dut: --payload-max, --ring, --output-window or --gpio is out of range\n",
            stderr);
        return EXIT_USAGE;
    }
    if (result < 0)
        return fail("cannot start", -result);
    result = arguments.tty ? serve_tty(host, arguments.tty, stop_fd)
                           : serve_descriptor(host, &arguments, stop_fd);
    host_dut_destroy(host);
    close(stop_fd);
    return result < 0 ? fail("the line failed", -result) : EXIT_SUCCESS;
}
