/* What is attached, from sysfs alone: libserialport's list would open the machine's own ports, which a worker may be using. */
#include "service/presence.h"

#include <dirent.h>
#include <errno.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

static bool is_device(const char *root, const char *name)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/sys/class/tty/%s/device", root, name);
    return name[0] != '.' && access(path, F_OK) == 0;
}

static int list_ports(const char *root, struct vr_ports *ret_ports, struct vr_err *err)
{
    char path[PATH_MAX];
    struct dirent *entry;
    snprintf(path, sizeof path, "%s/sys/class/tty", root);
    _cleanup_closedir_ DIR *folder = opendir(path);
    while (folder && (entry = readdir(folder))) {
        if (!is_device(root, entry->d_name))
            continue;
        struct vr_port_identity *items =
            reallocarray(ret_ports->items, ret_ports->count + 1, sizeof *items);
        if (!items)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the list of ports");
        ret_ports->items = items;
        vr_port_identity_read(root, entry->d_name, &items[ret_ports->count]);
        ret_ports->count += items[ret_ports->count].is_usb;
    }
    return 0;
}

int vr_presence_look(const char *root, struct vr_presence *ret_presence, struct vr_err *err)
{
    *ret_presence = (struct vr_presence){0};
    int r = list_ports(root, &ret_presence->ports, err);
    if (r == 0)
        r = vr_ports_list_usb(root, &ret_presence->usb, err);
    if (r < 0)
        vr_presence_finish(ret_presence);
    return r;
}

void vr_presence_finish(struct vr_presence *presence)
{
    vr_ports_finish(&presence->ports);
    vr_ports_finish(&presence->usb);
}

/* --- one device ------------------------------------------------------------------------------ */

/* As execvp finds it. */
static bool is_program(const char *program)
{
    char path[PATH_MAX];
    const char *folders = getenv("PATH");
    if (strchr(program, '/'))
        return access(program, X_OK) == 0;
    for (const char *folder = folders ? folders : "/bin:/usr/bin"; *folder;) {
        const char *end = strchrnul(folder, ':');
        int length = snprintf(path, sizeof path, "%.*s/%s", (int)(end - folder), folder, program);
        if (length < (int)sizeof path && access(path, X_OK) == 0)
            return true;
        folder = *end ? end + 1 : end;
    }
    return false;
}

static int find_program(const struct vr_rig_dut *dut, struct vr_err *err)
{
    if (is_program(dut->argv[0]))
        return 0;
    return vr_err_set(
        err, VR_ERR_NOT_FOUND, "%s: there is no program %s; is it installed?", dut->name,
        dut->argv[0]);
}

static int find_socket(const struct vr_rig_dut *dut, struct vr_err *err)
{
    struct stat node;
    if (stat(dut->path, &node) < 0)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: %s: %s; does the program that listens there run?",
            dut->name, dut->path, strerror(errno));
    if (!S_ISSOCK(node.st_mode))
        return vr_err_set(err, VR_ERR_LINK, "%s: %s is no socket", dut->name, dut->path);
    return 0;
}

static int find(
    const struct vr_presence *presence, const struct vr_rig_dut *dut, struct vr_err *err)
{
    bool is_usb = strcmp(dut->kind, "usb") == 0;
    const struct vr_port_wanted wanted = {
        .path = dut->path,
        .usb_serial = dut->usb_serial,
        .usb_vendor = dut->usb_vendor,
        .usb_product = dut->usb_product,
        .usb_interface = is_usb ? -1 : dut->usb_interface,
    };
    struct vr_port_identity there;
    const struct vr_port_identity *found;
    if (dut->argv)
        return find_program(dut, err);
    if (dut->path && strcmp(dut->kind, "socket") == 0)
        return find_socket(dut, err);
    if (dut->path)
        return vr_port_locate(dut->name, &wanted, &there, err);
    if (is_usb || strcmp(dut->kind, "serial") == 0)
        return vr_ports_find(
            is_usb ? &presence->usb : &presence->ports, dut->name, &wanted, &found, err);
    return 0;
}

bool vr_presence_of(
    const struct vr_presence *presence, const struct vr_rig_dut *dut, char *reason, size_t size)
{
    struct vr_err err = {0};
    reason[0] = '\0';
    if (find(presence, dut, &err) == 0)
        return true;
    size_t name = strlen(dut->name); /* whoever shows the reason names the device */
    bool is_named =
        strncmp(err.text, dut->name, name) == 0 && strncmp(err.text + name, ": ", 2) == 0;
    snprintf(reason, size, "%s", err.text + (is_named ? name + 2 : 0));
    return false;
}
