/* Up from the port: its interface is the first folder with bInterfaceNumber, its device the first with idVendor. */
#include "port/identity.h"

#include <dirent.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

bool vr_port_line_read(const char *root, const char *path, char *line, size_t size)
{
    char name[PATH_MAX];
    snprintf(name, sizeof name, "%s%s", root, path);
    _cleanup_fclose_ FILE *file = fopen(name, "re");
    if (!file || !fgets(line, (int)size, file)) {
        line[0] = '\0';
        return false;
    }
    line[strcspn(line, "\n")] = '\0';
    return true;
}

bool vr_port_is_listed(const char *path)
{
    char name[PATH_MAX];
    struct stat entry;
    if (strncmp(path, "/dev/", 5) != 0 || strchr(path + 5, '/') || !path[5] || path[5] == '.')
        return false;
    snprintf(name, sizeof name, "/sys/class/tty/%s", path + 5);
    return lstat(name, &entry) == 0;
}

static bool attribute(
    const char *root, const char *folder, const char *name, char *value, size_t size)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    return vr_port_line_read(root, path, value, size);
}

static uint16_t attribute_hex(const char *root, const char *folder, const char *name)
{
    char text[16];
    return attribute(root, folder, name, text, sizeof text) ? (uint16_t)strtoul(text, NULL, 16) : 0;
}

/* realpath() of a path below root, without root in front; "" = does not exist, or too long for a port's. */
static void real_folder(const char *root, const char *path, char *real, size_t size)
{
    char name[PATH_MAX], found[PATH_MAX], base[PATH_MAX] = "";
    snprintf(name, sizeof name, "%s%s", root, path);
    real[0] = '\0';
    if (!realpath(name, found) || (root[0] && !realpath(root, base)))
        return;
    const char *inside = found + strlen(base);
    if (strlen(inside) < size)
        strcpy(real, inside);
}

/* Cut the last name off; false at the top of /sys/devices. */
static bool go_up(char *folder)
{
    char *slash = strrchr(folder, '/');
    if (!slash || slash == folder)
        return false;
    *slash = '\0';
    return true;
}

static void read_driver(const char *root, const char *folder, struct vr_port_identity *ret)
{
    char path[PATH_MAX], target[PATH_MAX];
    snprintf(path, sizeof path, "%s%s/driver", root, folder);
    ssize_t size = readlink(path, target, sizeof target - 1);
    if (size <= 0)
        return;
    target[size] = '\0';
    const char *slash = strrchr(target, '/'), *name = slash ? slash + 1 : target;
    /* Since 6.5 the kernel has two layers of its own above each UART's driver. */
    if (strcmp(name, "port") != 0 && strcmp(name, "ctrl") != 0)
        snprintf(ret->driver, sizeof ret->driver, "%.31s", name);
}

static void read_usb(const char *root, const char *folder, struct vr_port_identity *ret)
{
    char bus[8], device[8];
    ret->is_usb = true;
    snprintf(ret->sys_usb, sizeof ret->sys_usb, "%s", folder);
    ret->usb_vendor = attribute_hex(root, folder, "idVendor");
    ret->usb_product = attribute_hex(root, folder, "idProduct");
    attribute(root, folder, "serial", ret->usb_serial, sizeof ret->usb_serial);
    attribute(root, folder, "product", ret->description, sizeof ret->description);
    if (attribute(root, folder, "busnum", bus, sizeof bus) &&
        attribute(root, folder, "devnum", device, sizeof device))
        snprintf(
            ret->usb_node, sizeof ret->usb_node, "/dev/bus/usb/%03d/%03d", atoi(bus), atoi(device));
}

static void read_devices(const char *root, struct vr_port_identity *ret)
{
    char folder[VR_PORT_PATH_SIZE], number[16];
    strcpy(folder, ret->sys_port);
    do {
        if (!ret->driver[0])
            read_driver(root, folder, ret);
        if (ret->usb_interface < 0 &&
            attribute(root, folder, "bInterfaceNumber", number, sizeof number))
            ret->usb_interface = (int)strtol(number, NULL, 16);
        if (attribute(root, folder, "idVendor", number, sizeof number)) {
            read_usb(root, folder, ret);
            return;
        }
    } while (go_up(folder));
}

/* The link in a folder of links that leads to the port, the first by name. */
static void read_link(
    const char *root, const char *folder_name, const char *name, char *link, size_t size)
{
    char path[PATH_MAX], target[PATH_MAX];
    snprintf(path, sizeof path, "%s%s", root, folder_name);
    _cleanup_closedir_ DIR *folder = opendir(path);
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        ssize_t length = readlinkat(dirfd(folder), entry->d_name, target, sizeof target - 1);
        target[length > 0 ? length : 0] = '\0';
        const char *slash = strrchr(target, '/');
        if (!slash || strcmp(slash + 1, name) != 0)
            continue;
        snprintf(path, sizeof path, "%s/%s", folder_name, entry->d_name);
        if (strlen(path) < size && (!link[0] || strcmp(path, link) < 0))
            strcpy(link, path);
    }
}

void vr_port_identity_read(const char *root, const char *name, struct vr_port_identity *ret)
{
    char path[PATH_MAX];
    *ret = (struct vr_port_identity){.usb_interface = -1};
    snprintf(ret->path, sizeof ret->path, "/dev/%.200s", name);
    snprintf(path, sizeof path, "/sys/class/tty/%s/device", name);
    real_folder(root, path, ret->sys_port, sizeof ret->sys_port);
    if (ret->sys_port[0])
        read_devices(root, ret);
    read_link(root, "/dev/serial/by-id", name, ret->by_id, sizeof ret->by_id);
    read_link(root, "/dev/serial/by-path", name, ret->by_path, sizeof ret->by_path);
}

bool vr_port_usb_read(const char *root, const char *name, struct vr_port_identity *ret)
{
    char path[PATH_MAX], folder[VR_PORT_PATH_SIZE], number[16];
    *ret = (struct vr_port_identity){.usb_interface = -1};
    snprintf(path, sizeof path, "/sys/bus/usb/devices/%s", name);
    real_folder(root, path, folder, sizeof folder);
    if (strncmp(name, "usb", 3) == 0 || !folder[0] ||
        !attribute(root, folder, "idVendor", number, sizeof number))
        return false;
    read_usb(root, folder, ret);
    strcpy(ret->path, ret->usb_node);
    return true;
}
