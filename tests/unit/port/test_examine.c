#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "port/examine.h"
#include "port/fake_root.h"

#define PORT \
    "tty" \
    "ACM0"

/* --- support --- */

static const char *root, *device;
static char said[4096]; /* "what device where\n" of each finding */
static char last_why[512], last_remedy[512];
static struct vr_port_identity port;

static void note(void *context, const struct vr_finding *finding)
{
    (void)context;
    snprintf(
        said + strlen(said), sizeof said - strlen(said), "%s %s %s\n", finding->what,
        finding->device, finding->where);
    snprintf(last_why, sizeof last_why, "%s", finding->why);
    snprintf(last_remedy, sizeof last_remedy, "%s", finding->remedy);
}

static void set(const char *folder, const char *name, const char *value)
{
    char path[300];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    fake_file(path, value);
}

/* A band without a fault, on a machine without ModemManager. */
static void make(void)
{
    root = fake_root_make();
    device = fake_usb_port("1915:520f", "BAND", PORT, 1, "cdc_acm");
    set(device, "power/control", "on\n");
    set(device, "dev", "189:3\n");
    fake_file("/dev/" PORT, "");
    fake_file("/dev/bus/usb/001/002", "");
    fake_file("/proc/1/comm", "systemd\n");
    vr_port_identity_read(root, PORT, &port);
}

TestSuite(examine, .init = make, .fini = fake_root_remove);

static const gid_t groups[] = {1000, 20};

static struct vr_examine who(uid_t uid, size_t group_count)
{
    return (struct vr_examine){
        .root = root, .uid = uid, .groups = groups, .group_count = group_count, .found = note};
}

static const char *examine_port(void)
{
    struct vr_examine root_user = who(0, 0);
    said[0] = '\0';
    vr_examine_port(&root_user, "band", &port);
    return said;
}

/* --- tests --- */

Test(examine, nothing_is_wrong_with_a_sound_bench)
{
    struct vr_examine root_user = who(0, 0);
    cr_expect_str_eq(examine_port(), "");
    vr_examine_usb(&root_user, "band", &port);
    vr_examine_usbfs(&root_user, 1 << 20);
    cr_expect_str_eq(said, "");
}

Test(examine, permission_is_the_groups)
{
    char path[128];
    struct vr_examine nobody = who(65534, 1), member = who(65534, 2);
    snprintf(path, sizeof path, "%s/dev/" PORT, root);
    if (geteuid() != 0 || chown(path, 0, 20) < 0)
        cr_skip_test("needs root to give a file to a group");
    chmod(path, 0660);
    vr_examine_port(&member, "band", &port);
    cr_expect_str_eq(said, "");
    vr_examine_port(&nobody, "band", &port);
    cr_expect_str_eq(said, "permission band /dev/" PORT "\n");
    cr_expect_str_eq(last_remedy, "sudo usermod -aG dialout nobody, then log in again");
    cr_expect(strstr(last_why, "mode 0660, group dialout"), "%s", last_why);

    said[0] = '\0';
    chmod(path, 0600); /* no group could help */
    vr_examine_port(&member, "band", &port);
    cr_expect_str_eq(said, "permission band /dev/" PORT "\n");
    cr_expect(strstr(last_remedy, "--emit-udev"), "%s", last_remedy);
}

Test(examine, raw_usb_nodes_are_roots)
{
    char path[128];
    struct vr_examine member = who(65534, 2);
    snprintf(path, sizeof path, "%s/dev/bus/usb/001/002", root);
    if (geteuid() != 0 || chown(path, 0, 0) < 0)
        cr_skip_test("needs root to have a file that is root's");
    chmod(path, 0664);
    vr_examine_usb(&member, "band", &port);
    cr_expect_str_eq(said, "usb_permission band /dev/bus/usb/001/002\n");
    cr_expect(strstr(last_remedy, "--emit-udev"), "%s", last_remedy);
}

Test(examine, busy_names_the_holder)
{
    fake_file("/proc/900/comm", "picocom\n");
    fake_link("/proc/900/fd/5", "/dev/" PORT);
    cr_expect_str_eq(examine_port(), "busy band /dev/" PORT "\n");
    cr_expect(strstr(last_why, "picocom (pid 900)"), "%s", last_why);
    cr_expect_str_eq(last_remedy, "end it: kill 900");
}

Test(examine, modemmanager_must_be_told_to_ignore_it)
{
    fake_file("/proc/812/comm", "ModemManager\n");
    cr_expect_str_eq(examine_port(), "modemmanager band /dev/" PORT "\n");
    fake_file("/run/udev/data/c189:3", "N:bus/usb/001/002\nE:ID_MM_DEVICE_IGNORE=1\n");
    cr_expect_str_eq(examine_port(), "");
}

Test(examine, modemmanager_need_not_run_yet)
{
    fake_file("/usr/sbin/ModemManager", "");
    cr_expect_str_eq(examine_port(), "modemmanager band /dev/" PORT "\n");
    cr_expect(strstr(last_why, "installed"), "%s", last_why);
    fake_file("/run/udev/data/c166:0", "E:ID_MM_PORT_IGNORE=1\n");
    cr_expect_str_eq(examine_port(), "");
}

Test(examine, brltty_is_known_by_its_rules)
{
    fake_file(
        "/usr/lib/udev/rules.d/85-brltty.rules", "ENV{PRODUCT}==\"1a86/7523/*\", GOTO=\"x\"\n");
    cr_expect_str_eq(examine_port(), "");
    fake_file(
        "/usr/lib/udev/rules.d/85-brltty.rules", "ENV{PRODUCT}==\"1915/520f/*\", GOTO=\"x\"\n");
    cr_expect_str_eq(examine_port(), "brltty band /dev/" PORT "\n");
}

Test(examine, autosuspend_is_seen)
{
    set(device, "power/control", "auto\n");
    examine_port();
    cr_expect(strncmp(said, "autosuspend band /sys/devices/usb1/1-", 37) == 0, "%s", said);
    cr_expect(strstr(last_remedy, "echo on | sudo tee /sys/devices/usb1/"), "%s", last_remedy);
}

Test(examine, latency_above_a_millisecond_is_seen)
{
    set(port.sys_port, "latency_timer", "16\n");
    examine_port();
    cr_expect(strncmp(said, "latency band /sys/devices/usb1/", 31) == 0, "%s", said);
    cr_expect(strstr(last_why, "at most 62 answers a second"), "%s", last_why);
    set(port.sys_port, "latency_timer", "1\n");
    cr_expect_str_eq(examine_port(), "");
}

Test(examine, usb_memory_is_shared_by_all)
{
    struct vr_examine root_user = who(0, 0);
    fake_file("/sys/module/usbcore/parameters/usbfs_memory_mb", "16\n");
    vr_examine_usbfs(&root_user, 16 << 20);
    cr_expect_str_eq(said, "");
    vr_examine_usbfs(&root_user, (16 << 20) + 1);
    cr_expect_str_eq(said, "usbfs_memory usb /sys/module/usbcore/parameters/usbfs_memory_mb\n");
    said[0] = '\0';
    fake_file("/sys/module/usbcore/parameters/usbfs_memory_mb", "0\n"); /* no limit */
    vr_examine_usbfs(&root_user, UINT64_C(1) << 40);
    cr_expect_str_eq(said, "");
}

Test(examine, everything_at_once_is_found)
{
    fake_file("/proc/812/comm", "ModemManager\n");
    fake_link("/proc/812/fd/5", "/dev/" PORT);
    fake_file("/etc/udev/rules.d/85-brltty.rules", "\"1915/520f/\"\n");
    set(device, "power/control", "auto\n");
    set(port.sys_port, "latency_timer", "16\n");
    examine_port();
    int lines = 0;
    for (const char *c = said; *c; c++)
        lines += *c == '\n';
    cr_expect_eq(lines, 5, "%s", said);
}
