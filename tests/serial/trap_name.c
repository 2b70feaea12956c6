/* Which port is meant, and who may have it. */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "serial/trap.h"

static void what_is_no_port_is_refused(void)
{
    const struct vr_link_config nothing = {.name = "band", .usb_interface = -1};
    struct vr_link *link = NULL;
    struct vr_err err = {0};
    trap_refuse("/dev/null", VR_ERR_LINK, "not a terminal");
    trap_refuse("/dev/tty-not-there", VR_ERR_LINK, "plugged in");
    CHECK(vr_link_open("serial", &nothing, &link, &err) == -VR_ERR_USAGE, "%s", err.text);
    CHECK(strstr(err.text, "usb_serial"), "%s", err.text);
}

static void missing_permission_names_the_group(void)
{
    struct bench_port port = bench_plug_in();
    if (bench_has_library() || geteuid() != 0)
        trap_skip("needs root, and a node of its own");
    CHECK(chmod(port.path, 0660) == 0 && chown(port.path, 0, 20) == 0, "%s", strerror(errno));
    pid_t child = fork();
    if (child == 0) {
        trap_leave_on_failure();
        CHECK(setgid(65534) == 0 && setuid(65534) == 0, "%s", strerror(errno));
        trap_refuse(port.path, VR_ERR_LINK, "usermod -aG dialout nobody");
        _exit(0);
    }
    int status;
    waitpid(child, &status, 0);
    CHECK(status == 0, "status %d", status);
}

static void another_device_at_the_path_is_refused(void)
{
    struct bench_port port = bench_plug_in();
    const struct vr_link_config config = {
        .name = "band", .path = port.path, .usb_serial = "NOT-ME", .usb_interface = -1};
    struct vr_link *link = NULL;
    struct vr_err err = {0};
    CHECK(vr_link_open("serial", &config, &link, &err) == -VR_ERR_LINK, "%s", err.text);
    CHECK(strstr(err.text, "another device") && strstr(err.text, "NOT-ME"), "%s", err.text);
}

static int open_usb(
    const char *serial, int interface, struct vr_link **ret_link, struct vr_err *err)
{
    const struct vr_link_config config = {
        .name = "band",
        .usb_serial = serial,
        .usb_vendor = 0x1915,
        .usb_product = 0x520f,
        .usb_interface = interface};
    if (!bench_has_library())
        trap_skip("a pty is not on a bus");
    return vr_link_open("serial", &config, ret_link, err);
}

static void a_device_is_found_whatever_its_number(void)
{
    struct vr_link *link = NULL;
    struct vr_err err = {0};
    if (!bench_has_library())
        trap_skip("a pty is not on a bus");
    for (int plugged = 0; plugged < 3; plugged++) { /* another number and socket each time */
        CHECK(open_usb("MINE", -1, &link, &err) == -VR_ERR_LINK, "%s", err.text);
        CHECK(strstr(err.text, "1915:520f serial MINE; is it plugged in?"), "%s", err.text);
        struct bench_port port = bench_plug_in_usb(10 + plugged, "MINE", 0);
        CHECK(open_usb("MINE", -1, &link, &err) == 0, "%s", err.text);
        trap_exchange(link, port.device_fd);
        bench_unplug(&port);
        vr_link_close(link);
        bench_plug_in_usb(20 + plugged, "FILLER", 0);
    }
}

static void two_ports_of_a_device_differ_by_interface(void)
{
    struct vr_link *link = NULL;
    struct vr_err err = {0};
    if (!bench_has_library())
        trap_skip("a pty is not on a bus");
    struct bench_port first = bench_plug_in_usb(30, "TWO", 1),
                      second = bench_plug_in_usb(30, "TWO", 3);
    CHECK(open_usb("TWO", -1, &link, &err) == -VR_ERR_USAGE, "%s", err.text);
    CHECK(
        strstr(err.text, "give usb_interface") && strstr(err.text, "interface 3"), "%s", err.text);
    CHECK(open_usb("TWO", 3, &link, &err) == 0, "%s", err.text);
    trap_exchange(link, second.device_fd);
    vr_link_close(link);
    CHECK(open_usb("TWO", 1, &link, &err) == 0, "%s", err.text);
    trap_exchange(link, first.device_fd);
    vr_link_close(link);
}

static void devices_that_are_alike_need_a_path(void)
{
    static const char socket_link[] = "/dev/serial/by-path/pci-0-usb-0:41:1.0";
    struct vr_link *link = NULL;
    struct vr_err err = {0};
    if (!bench_has_library())
        trap_skip("a pty is not on a bus");
    bench_plug_in_usb(40, "SAME", 0);
    struct bench_port port = bench_plug_in_usb(41, "SAME", 0);
    bench_link(socket_link, &port);
    CHECK(open_usb("SAME", -1, &link, &err) == -VR_ERR_USAGE, "%s", err.text);
    CHECK(strstr(err.text, "give path") && strstr(err.text, socket_link), "%s", err.text);
    link = trap_open(socket_link);
    trap_exchange(link, port.device_fd);
    vr_link_close(link);
}

static void a_by_id_link_is_a_path(void)
{
    static const char id[] = "/dev/serial/by-id/usb-Maker_Band_IDENT-if00";
    if (!bench_has_library())
        trap_skip("a pty has no such link; see libserialport 8, 9");
    struct bench_port port = bench_plug_in_usb(50, "IDENT", 0);
    bench_link(id, &port);
    struct vr_link *link = trap_open(id);
    trap_exchange(link, port.device_fd);
    vr_link_close(link);
}

static void an_ftdi_chip_answers_at_once(void)
{
    if (!bench_has_library())
        trap_skip("a pty has no latency timer");
    struct bench_port port = bench_plug_in_usb(60, "FTDI", 0);
    CHECK(bench_latency_ms(&port) == 16, "%d ms", bench_latency_ms(&port));
    vr_link_close(trap_open(port.path));
    CHECK(bench_latency_ms(&port) == 1, "%d ms", bench_latency_ms(&port));
}

const struct trap trap_name[] = {
    {"names: nothing there, or no port", "refused with what to do", what_is_no_port_is_refused},
    {"names: another unit in the same socket", "refused", another_device_at_the_path_is_refused},
    {"USB: the number changes with every plug", "found by serial number and id",
     a_device_is_found_whatever_its_number},
    {"USB: both ports of a device have one identity", "usb_interface tells them apart",
     two_ports_of_a_device_differ_by_interface},
    {"USB: two devices with one identity", "refused until path says which",
     devices_that_are_alike_need_a_path},
    {"USB: by-id links are refused by libserialport", "followed", a_by_id_link_is_a_path},
    {"USB: FTDI keeps bytes for 16 ms", "latency timer 1", an_ftdi_chip_answers_at_once},
    {"rights: permission denied", "names the group and the command",
     missing_permission_names_the_group},
    {0},
};
