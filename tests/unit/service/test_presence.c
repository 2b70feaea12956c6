#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "port/fake_root.h"
#include "service/hotplug.h"
#include "service/presence.h"

#define PORT \
    "tty" \
    "ACM"

static const char *root;
static char reason[512];

static void make(void)
{
    root = fake_root_make();
}

TestSuite(presence, .init = make, .fini = fake_root_remove);

static bool is_there(const struct vr_rig_dut *dut)
{
    _cleanup_(vr_presence_finish) struct vr_presence presence;
    struct vr_err err;
    cr_assert_eq(vr_presence_look(root, &presence, &err), 0, "%s", err.text);
    return vr_presence_of(&presence, dut, reason, sizeof reason);
}

Test(presence, a_machine_without_anything_says_what_it_looked_for)
{
    const struct vr_rig_dut dut = {
        .name = "band-a",
        .kind = "serial",
        .usb_serial = "A1",
        .usb_vendor = 0x1915,
        .usb_product = 0x520f,
        .usb_interface = -1};
    cr_expect_not(is_there(&dut));
    cr_expect_str_eq(
        reason, "no port of USB 1915:520f serial A1; is it plugged in? There is no port at all");
}

Test(presence, a_port_is_found_by_what_it_is)
{
    struct vr_rig_dut dut = {
        .name = "band-a", .kind = "serial", .usb_serial = "A2", .usb_interface = -1};
    fake_usb_port("1915:520f", "A1", PORT "0", 0, "cdc_acm");
    cr_expect_not(is_there(&dut));
    cr_expect(strstr(reason, "serial A1"), "%s", reason);
    fake_usb_port("1915:520f", "A2", PORT "1", 0, "cdc_acm");
    cr_expect(is_there(&dut));
    cr_expect_str_empty(reason);
    dut.usb_interface = 2;
    cr_expect_not(is_there(&dut));
}

Test(presence, devices_that_cannot_be_told_apart_are_none)
{
    const struct vr_rig_dut dut = {
        .name = "band-a", .kind = "serial", .usb_vendor = 0x1a86, .usb_interface = -1};
    fake_usb_port("1a86:7523", "", PORT "0", 0, "ch341");
    cr_expect(is_there(&dut));
    fake_usb_port("1a86:7523", "", PORT "1", 0, "ch341");
    cr_expect_not(is_there(&dut));
    cr_expect(strstr(reason, "2 devices"), "%s", reason);
}

Test(presence, a_usb_device_is_found_whatever_its_interface)
{
    const struct vr_rig_dut dut = {
        .name = "band-a", .kind = "usb", .usb_serial = "A1", .usb_interface = 3};
    cr_expect_not(is_there(&dut));
    fake_usb_port("1915:520f", "A1", PORT "0", 0, "cdc_acm");
    cr_expect(is_there(&dut), "%s", reason);
}

Test(presence, a_program_is_there_when_it_can_be_started)
{
    char sh[] = "sh", none[] = "no-such-device-program", folder[] = "/bin/no-such-device-program";
    char *argv[] = {sh, NULL};
    struct vr_rig_dut dut = {.name = "band-a", .kind = "pty", .argv = argv, .usb_interface = -1};
    cr_expect(is_there(&dut));
    argv[0] = none;
    cr_expect_not(is_there(&dut));
    cr_expect_str_eq(reason, "there is no program no-such-device-program; is it installed?");
    argv[0] = folder;
    cr_expect_not(is_there(&dut));
    dut.argv = NULL;
    cr_expect(is_there(&dut), "the simulated one");
    dut.kind = "loop";
    cr_expect(is_there(&dut));
}

static void listen_at(const char *path)
{
    struct sockaddr_un address = {.sun_family = AF_UNIX};
    _cleanup_close_ int fd = socket(AF_UNIX, SOCK_STREAM, 0);
    snprintf(address.sun_path, sizeof address.sun_path, "%s", path);
    cr_assert_eq(bind(fd, (void *)&address, sizeof address), 0);
}

static char *path_of(const char *name)
{
    static char path[128];
    snprintf(path, sizeof path, "%s/%s", root, name);
    return path;
}

Test(presence, a_path_must_lead_to_what_it_is_said_to_be)
{
    struct vr_rig_dut dut = {
        .name = "band-a", .kind = "socket", .path = path_of("uart"), .usb_interface = -1};
    cr_expect_not(is_there(&dut));
    cr_expect(strstr(reason, "uart: No such file"), "%s", reason);
    cr_expect_neq(strncmp(reason, "band-a: ", 8), 0, "%s", reason);
    listen_at(dut.path);
    cr_expect(is_there(&dut));
    unlink(dut.path);
    fake_file("/uart", "");
    cr_expect_not(is_there(&dut));
    cr_expect(strstr(reason, "is no socket"), "%s", reason);
    dut.kind = "pty";
    cr_expect(is_there(&dut));
    dut.usb_serial = "A1";
    cr_expect_not(is_there(&dut), "another device is at the path");
    unlink(dut.path);
    dut.usb_serial = NULL;
    cr_expect_not(is_there(&dut));
}

/* --- hotplug ----------------------------------------------------------------------------------- */

static int told;
static bool was_present;

static void note(void *context, size_t dut, bool is_present, const char *why)
{
    (void)context;
    cr_expect_eq(dut, 0);
    cr_expect_eq(is_present, why[0] == '\0');
    was_present = is_present;
    told++;
}

static void run_until_told(sd_event *loop, int count)
{
    while (told < count)
        cr_assert_gt(sd_event_run(loop, 30 * UINT64_C(1000000)), 0, "nothing was told");
}

Test(presence, a_file_that_comes_and_goes_is_told, .timeout = 60)
{
    struct vr_rig_dut dut = {
        .name = "band-a", .kind = "socket", .path = path_of("uart"), .usb_interface = -1};
    const struct vr_rig rig = {.duts = &dut, .dut_count = 1};
    struct vr_hotplug *hotplug;
    struct vr_err err;
    sd_event *loop;
    cr_assert_geq(sd_event_new(&loop), 0);
    cr_assert_eq(vr_hotplug_create(loop, &rig, note, NULL, &hotplug, &err), 0, "%s", err.text);
    cr_expect_eq(told, 1, "at once");
    cr_expect_not(was_present);
    listen_at(dut.path);
    run_until_told(loop, 2);
    cr_expect(was_present);
    unlink(dut.path);
    run_until_told(loop, 3);
    cr_expect_not(was_present);
    vr_hotplug_look(hotplug);
    cr_expect_eq(told, 3, "nothing new");
    vr_hotplug_destroy(hotplug);
    sd_event_unref(loop);
}
