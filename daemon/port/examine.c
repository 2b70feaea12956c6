/* One function a question; every answer that cannot be had is no finding. */
#include "port/examine.h"

#include <dirent.h>
#include <fcntl.h>
#include <grp.h>
#include <limits.h>
#include <pwd.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "port/holder.h"

static bool exists(const struct vr_examine *examine, const char *path)
{
    char name[PATH_MAX];
    struct stat node;
    snprintf(name, sizeof name, "%s%s", examine->root, path);
    return lstat(name, &node) == 0;
}

static bool file_has(const struct vr_examine *examine, const char *path, const char *words)
{
    char name[PATH_MAX], line[1024];
    snprintf(name, sizeof name, "%s%s", examine->root, path);
    _cleanup_fclose_ FILE *file = fopen(name, "re");
    while (file && fgets(line, sizeof line, file))
        if (strstr(line, words))
            return true;
    return false;
}

/* -- permission -- */

static bool may_use(const struct vr_examine *examine, const struct stat *node)
{
    if (examine->uid == 0)
        return true;
    if (examine->uid == node->st_uid)
        return (node->st_mode & 0600) == 0600;
    for (size_t i = 0; i < examine->group_count; i++)
        if (examine->groups[i] == node->st_gid)
            return (node->st_mode & 0060) == 0060;
    return (node->st_mode & 0006) == 0006;
}

static void tell_permission(
    const struct vr_examine *examine, const char *what, const char *device, const char *path,
    const struct stat *node)
{
    char why[256], remedy[256];
    const struct group *group = getgrgid(node->st_gid);
    const struct passwd *user = getpwuid(examine->uid);
    const char *user_name = user ? user->pw_name : "USER",
               *group_name = group ? group->gr_name : "?";
    snprintf(
        why, sizeof why, "%s may not open it: mode %04o, group %s.", user_name,
        (unsigned)node->st_mode & 07777, group_name);
    if (node->st_gid != 0 && (node->st_mode & 0060) == 0060)
        snprintf(
            remedy, sizeof remedy, "sudo usermod -aG %s %s, then log in again", group_name,
            user_name);
    else
        snprintf(
            remedy, sizeof remedy,
            "install the rules of `vitalrig doctor --emit-udev`, then plug it in again");
    examine->found(examine->context, &(struct vr_finding){what, device, path, why, remedy});
}

/* Access lists, which uaccess makes for the user at the seat, are not in the mode: then the kernel's own answer counts. */
static void check_permission(
    const struct vr_examine *examine, const char *what, const char *device, const char *path)
{
    char name[PATH_MAX];
    struct stat node;
    snprintf(name, sizeof name, "%s%s", examine->root, path);
    if (stat(name, &node) < 0 || may_use(examine, &node))
        return;
    if (examine->uid == geteuid() && faccessat(AT_FDCWD, name, R_OK | W_OK, AT_EACCESS) == 0)
        return;
    tell_permission(examine, what, device, path, &node);
}

/* -- programs that take ports -- */

static void check_busy(const struct vr_examine *examine, const char *device, const char *path)
{
    struct vr_port_holder holder;
    char why[256], remedy[128];
    if (!vr_port_holder_find(examine->root, path, getpid(), &holder))
        return;
    snprintf(
        why, sizeof why, "%s (pid %d) has it open: two readers would each get a part of the bytes.",
        holder.program, (int)holder.pid);
    snprintf(remedy, sizeof remedy, "end it: kill %d", (int)holder.pid);
    examine->found(examine->context, &(struct vr_finding){"busy", device, path, why, remedy});
}

/* What udev noted of a device: the file is named by the type and number of its node. */
static bool udev_has(const struct vr_examine *examine, const char *folder, const char *property)
{
    char path[PATH_MAX], number[32];
    snprintf(path, sizeof path, "%s/dev", folder);
    if (!folder[0] || !vr_port_line_read(examine->root, path, number, sizeof number))
        return false;
    snprintf(path, sizeof path, "/run/udev/data/c%s", number);
    return file_has(examine, path, property);
}

static bool is_modem_ignored(const struct vr_examine *examine, const struct vr_port_identity *port)
{
    char tty[VR_PORT_PATH_SIZE + 32];
    snprintf(tty, sizeof tty, "/sys/class/tty/%s", strrchr(port->path, '/') + 1);
    return udev_has(examine, port->sys_usb, "E:ID_MM_DEVICE_IGNORE=1") ||
           udev_has(examine, tty, "E:ID_MM_DEVICE_IGNORE=1") ||
           udev_has(examine, tty, "E:ID_MM_PORT_IGNORE=1");
}

static void check_modemmanager(
    const struct vr_examine *examine, const char *device, const struct vr_port_identity *port)
{
    static const char program[] = "/usr/sbin/ModemManager";
    pid_t pid;
    bool runs = vr_port_holder_runs(examine->root, "ModemManager", &pid);
    if (!port->is_usb || (!runs && !exists(examine, program)) || is_modem_ignored(examine, port))
        return;
    examine->found(
        examine->context, &(struct vr_finding){
                              "modemmanager", device, port->path,
                              runs ? "ModemManager runs and was not told to ignore it: it may send "
                                     "AT commands for about 10 s "
                                     "after each plug."
                                   : "ModemManager is installed and was not told to ignore it: "
                                     "once it runs, it may send AT "
                                     "commands for about 10 s after each plug.",
                              "install the rules of `vitalrig doctor --emit-udev` "
                              "(ID_MM_DEVICE_IGNORE), then plug it in again"});
}

/* Its rules name products as hex without leading zeros: ENV{PRODUCT}=="1a86/7523/..". */
static bool brltty_claims(const struct vr_examine *examine, const struct vr_port_identity *port)
{
    static const char *const folders[] = {"/usr/lib/udev/rules.d", "/etc/udev/rules.d"};
    char product[16], path[PATH_MAX];
    snprintf(product, sizeof product, "\"%x/%x/", port->usb_vendor, port->usb_product);
    for (size_t i = 0; i < sizeof folders / sizeof folders[0]; i++) {
        snprintf(path, sizeof path, "%s%s", examine->root, folders[i]);
        _cleanup_closedir_ DIR *folder = opendir(path);
        struct dirent *entry;
        while (folder && (entry = readdir(folder))) {
            snprintf(path, sizeof path, "%s/%s", folders[i], entry->d_name);
            if (strstr(entry->d_name, "brltty") && file_has(examine, path, product))
                return true;
        }
    }
    return false;
}

static void check_brltty(
    const struct vr_examine *examine, const char *device, const struct vr_port_identity *port)
{
    if (!port->is_usb || !brltty_claims(examine, port))
        return;
    examine->found(
        examine->context, &(struct vr_finding){
                              "brltty", device, port->path,
                              "brltty's rules take this chip for a braille display: the port goes "
                              "away soon after it came.",
                              "sudo apt-get remove brltty, or update it to 6.5 or later"});
}

/* -- settings of the kernel -- */

static void check_autosuspend(
    const struct vr_examine *examine, const char *device, const struct vr_port_identity *port)
{
    char path[PATH_MAX], control[16], remedy[PATH_MAX + 128];
    snprintf(path, sizeof path, "%s/power/control", port->sys_usb);
    if (!port->sys_usb[0] || !vr_port_line_read(examine->root, path, control, sizeof control) ||
        strcmp(control, "on") == 0)
        return;
    snprintf(
        remedy, sizeof remedy,
        "echo on | sudo tee %s, and the rules of `vitalrig doctor --emit-udev`", path);
    examine->found(
        examine->context,
        &(struct vr_finding){
            "autosuspend", device, path,
            "The kernel may suspend the device when it is quiet, and what it sends then is lost.",
            remedy});
}

static void check_latency(
    const struct vr_examine *examine, const char *device, const struct vr_port_identity *port)
{
    char path[PATH_MAX], line[16], why[160], remedy[PATH_MAX + 128];
    snprintf(path, sizeof path, "%s/latency_timer", port->sys_port);
    if (!port->sys_port[0] || !vr_port_line_read(examine->root, path, line, sizeof line))
        return;
    int latency_ms = atoi(line);
    if (latency_ms <= 1)
        return;
    snprintf(
        why, sizeof why, "The FTDI chip keeps bytes for up to %d ms: at most %d answers a second.",
        latency_ms, 1000 / latency_ms);
    snprintf(
        remedy, sizeof remedy,
        "echo 1 | sudo tee %s, and the rules of `vitalrig doctor --emit-udev`", path);
    examine->found(examine->context, &(struct vr_finding){"latency", device, path, why, remedy});
}

/* -- the questions together -- */

void vr_examine_port(
    const struct vr_examine *examine, const char *device, const struct vr_port_identity *port)
{
    check_permission(examine, "permission", device, port->path);
    check_busy(examine, device, port->path);
    check_modemmanager(examine, device, port);
    check_brltty(examine, device, port);
    check_autosuspend(examine, device, port);
    check_latency(examine, device, port);
}

void vr_examine_usb(
    const struct vr_examine *examine, const char *device, const struct vr_port_identity *usb)
{
    check_permission(examine, "usb_permission", device, usb->usb_node);
    check_modemmanager(examine, device, usb);
    check_autosuspend(examine, device, usb);
}

void vr_examine_usbfs(const struct vr_examine *examine, uint64_t needed)
{
    static const char path[] = "/sys/module/usbcore/parameters/usbfs_memory_mb";
    char line[16], why[200], remedy[160];
    uint64_t wanted_mb = (needed >> 20) + 1;
    if (needed == 0 || !vr_port_line_read(examine->root, path, line, sizeof line))
        return;
    unsigned long long given_mb = strtoull(line, NULL, 10);
    if (given_mb == 0 || given_mb << 20 >= needed) /* 0 = no limit */
        return;
    snprintf(
        why, sizeof why,
        "All USB transfers of all programs share %llu MiB, and these devices alone need %llu kB: a "
        "transfer will "
        "fail for want of memory.",
        given_mb, (unsigned long long)needed / 1000);
    snprintf(
        remedy, sizeof remedy, "echo %llu | sudo tee %s", (unsigned long long)wanted_mb + 16, path);
    examine->found(
        examine->context, &(struct vr_finding){"usbfs_memory", "usb", path, why, remedy});
}
