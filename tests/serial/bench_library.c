/* Ports that the unmodified libserialport lists and opens: umockdev shows it a /sys and a /dev, and each tty is a pty.
 *
 * The driver's part that a pty lacks is here: control lines, which open asserts, and a limit of the rate. */
#include <asm/termbits.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ioctl.h>
#include <umockdev.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "port/identity.h"
#include "serial/bench.h"

static UMockdevTestbed *testbed;
static int port_count;
static int lines; /* -1 = the driver has none */
static uint32_t baud_max;

static int *resolve_int(UMockdevIoctlData *argument, UMockdevIoctlData **ret_data)
{
    *ret_data = umockdev_ioctl_data_resolve(argument, 0, sizeof(int), NULL);
    void *bytes = (*ret_data)->data;
    return bytes;
}

static void move_lines(UMockdevIoctlClient *client, unsigned long request)
{
    if (lines < 0) {
        umockdev_ioctl_client_complete(client, -1, ENOTTY);
        return;
    }
    UMockdevIoctlData *data;
    int *bits = resolve_int(umockdev_ioctl_client_get_arg(client), &data);
    switch (request) {
    case TIOCMGET:
        *bits = lines;
        break;
    case TIOCMSET:
        lines = *bits;
        break;
    case TIOCMBIS:
        lines |= *bits;
        break;
    default:
        lines &= ~*bits;
        break;
    }
    umockdev_ioctl_data_unref(data);
    umockdev_ioctl_client_complete(client, 0, 0);
}

static gboolean on_ioctl(UMockdevIoctlBase *base, UMockdevIoctlClient *client, gpointer context)
{
    (void)base;
    (void)context;
    unsigned long request = umockdev_ioctl_client_get_request(client);
    if (request == TIOCMGET || request == TIOCMSET || request == TIOCMBIS || request == TIOCMBIC) {
        move_lines(client, request);
        return TRUE;
    }
    if (request == TCSETS2 && baud_max > 0) {
        UMockdevIoctlData *data = umockdev_ioctl_data_resolve(
            umockdev_ioctl_client_get_arg(client), 0, sizeof(struct termios2), NULL);
        void *bytes = data->data;
        struct termios2 *asked = bytes;
        if (asked->c_ospeed > baud_max)
            asked->c_ospeed = asked->c_ispeed = baud_max;
        umockdev_ioctl_data_unref(data);
    }
    int error = 0;
    int r = umockdev_ioctl_client_execute(client, &error, NULL);
    umockdev_ioctl_client_complete(client, r, error);
    return TRUE;
}

__attribute__((format(printf, 1, 2))) static void add(const char *format, ...)
{
    char text[1024];
    GError *error = NULL;
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    if (!umockdev_testbed_add_from_string(testbed, text, &error))
        bench_fail("%s", error->message);
}

/* -- the bus: socket n holds device 1-n, whose port k is interface k -- */

static void add_usb_device(int socket, const char *serial)
{
    add("P: /devices/pci0/usb1/1-%d\nN: bus/usb/001/%03d\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_device\n"
        "A: busnum=1\\n\nA: devnum=%d\\n\nA: idVendor=1915\\n\nA: idProduct=520f\\n\nA: "
        "serial=%s\\n\n"
        "A: product=Band\\n\n",
        socket, socket, socket, serial);
}

static void add_tty(int socket, int interface, int number)
{
    add("P: /devices/pci0/usb1/1-%d/1-%d:1.%d\nE: SUBSYSTEM=usb\nE: DEVTYPE=usb_interface\n"
        "A: bInterfaceNumber=%02d\\n\nA: latency_timer=16\\n\n",
        socket, socket, interface, interface);
    add("P: /devices/pci0/usb1/1-%d/1-%d:1.%d/tty/ttyACM%d\nN: ttyACM%d\nE: SUBSYSTEM=tty\n"
        "E: DEVNAME=/dev/ttyACM%d\nA: dev=166:%d\\n\nL: device=../../../1-%d:1.%d\n",
        socket, socket, interface, number, number, number, number, socket, interface);
}

struct bench_port bench_plug_in_usb(int socket, const char *serial, int interface)
{
    static int last_socket;
    struct bench_port port = {.socket = socket};
    int number = port_count++;
    if (!testbed)
        testbed = umockdev_testbed_new();
    if (socket != last_socket)
        add_usb_device(socket, serial);
    last_socket = socket;
    add_tty(socket, interface, number);
    snprintf(port.path, sizeof port.path, "/dev/ttyACM%d", number);

    UMockdevIoctlBase *base = umockdev_ioctl_base_new();
    g_signal_connect(base, "handle-ioctl", G_CALLBACK(on_ioctl), NULL);
    if (!umockdev_testbed_attach_ioctl(testbed, port.path, base, NULL))
        bench_fail("umockdev: no ioctls for %s", port.path);
    port.device_fd = umockdev_testbed_get_dev_fd(testbed, port.path);
    lines = TIOCM_DTR | TIOCM_RTS;
    baud_max = 0;
    return port;
}

struct bench_port bench_plug_in(void)
{
    char serial[32];
    snprintf(serial, sizeof serial, "ANY%d", port_count);
    return bench_plug_in_usb(100 + port_count, serial, 1);
}

void bench_unplug(struct bench_port *port)
{
    char folder[64], pty[64], note[512];
    ptsname_r(port->device_fd, pty, sizeof pty);
    close(port->device_fd);
    /* umockdev keeps a note of every pty that it ever made; the kernel is going to hand out this one's number again. */
    _cleanup_free_ char *root = umockdev_testbed_get_root_dir(testbed);
    for (char *slash = pty; (slash = strchr(slash, '/'));)
        *slash = '_';
    snprintf(note, sizeof note, "%s/dev/.ptymap/%s", root, pty);
    unlink(note);
    snprintf(folder, sizeof folder, "/sys/devices/pci0/usb1/1-%d", port->socket);
    umockdev_testbed_remove_device(testbed, folder);
}

void bench_link(const char *link, const struct bench_port *port)
{
    char path[512], target[80];
    _cleanup_free_ char *root = umockdev_testbed_get_root_dir(testbed);
    snprintf(path, sizeof path, "%s%s", root, link);
    _cleanup_free_ char *folder = g_path_get_dirname(path);
    snprintf(target, sizeof target, "../..%s", port->path + strlen("/dev"));
    if (g_mkdir_with_parents(folder, 0755) < 0 || symlink(target, path) < 0)
        bench_fail("no link %s", path);
}

int bench_latency_ms(const struct bench_port *port)
{
    char path[128], line[16];
    snprintf(
        path, sizeof path, "/sys/class/tty/%s/device/latency_timer", port->path + strlen("/dev/"));
    return vr_port_line_read("", path, line, sizeof line) ? atoi(line) : -1;
}

bool bench_has_library(void)
{
    return true;
}

int bench_lines(void)
{
    return lines;
}

void bench_take_lines_away(void)
{
    lines = -1;
}

void bench_limit_baud(uint32_t baud)
{
    baud_max = baud;
}
