#include "port/fake_root.h"

#include <ftw.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

static char root[64];

const char *fake_root_make(void)
{
    strcpy(root, "/tmp/vitalrig-root-XXXXXX");
    return mkdtemp(root);
}

static int remove_one(const char *path, const struct stat *node, int kind, struct FTW *where)
{
    (void)node, (void)kind, (void)where;
    return remove(path);
}

void fake_root_remove(void)
{
    nftw(root, remove_one, 8, FTW_DEPTH | FTW_PHYS);
}

static const char *inside(const char *path)
{
    static char name[PATH_MAX];
    snprintf(name, sizeof name, "%s%s", root, path);
    for (char *slash = name + strlen(root) + 1; (slash = strchr(slash, '/')); slash++) {
        *slash = '\0';
        mkdir(name, 0755);
        *slash = '/';
    }
    return name;
}

void fake_file(const char *path, const char *text)
{
    FILE *file = fopen(inside(path), "w");
    fputs(text, file);
    fclose(file);
}

void fake_link(const char *path, const char *target)
{
    if (symlink(target, inside(path)) < 0)
        abort();
}

static void attribute(const char *folder, const char *name, const char *value)
{
    char path[PATH_MAX];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    fake_file(path, value);
}

const char *fake_usb_port(
    const char *id, const char *serial, const char *name, int interface, const char *driver)
{
    static char device[64];
    static int count;
    char folder[128], path[256], target[256];
    count++;
    snprintf(device, sizeof device, "/sys/devices/usb1/1-%d", count);
    snprintf(target, sizeof target, "%.4s\n", id);
    attribute(device, "idVendor", target);
    snprintf(target, sizeof target, "%.4s\n", id + 5);
    attribute(device, "idProduct", target);
    if (serial[0]) {
        snprintf(target, sizeof target, "%s\n", serial);
        attribute(device, "serial", target);
    }
    attribute(device, "product", "Band\n");
    attribute(device, "busnum", "1\n");
    snprintf(target, sizeof target, "%d\n", count + 1);
    attribute(device, "devnum", target);
    snprintf(path, sizeof path, "/sys/bus/usb/devices/1-%d", count);
    snprintf(target, sizeof target, "../../../devices/usb1/1-%d", count);
    fake_link(path, target);

    snprintf(folder, sizeof folder, "%s/1-%d:1.%d", device, count, interface);
    snprintf(target, sizeof target, "%02x\n", (unsigned)interface);
    attribute(folder, "bInterfaceNumber", target);
    snprintf(path, sizeof path, "%s/driver", folder);
    snprintf(target, sizeof target, "../../../../bus/usb/drivers/%s", driver);
    fake_link(path, target);
    snprintf(path, sizeof path, "%s/tty/%s", folder, name);
    attribute(path, "dev", "166:0\n");
    snprintf(path, sizeof path, "%s/tty/%s/device", folder, name);
    snprintf(target, sizeof target, "../../../1-%d:1.%d", count, interface);
    fake_link(path, target);
    snprintf(path, sizeof path, "/sys/class/tty/%s", name);
    snprintf(
        target, sizeof target, "../../devices/usb1/1-%d/1-%d:1.%d/tty/%s", count, count, interface,
        name);
    fake_link(path, target);
    return device;
}
