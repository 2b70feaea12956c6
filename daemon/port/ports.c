/* The list comes from libserialport, everything that it does not tell from sysfs. */
#include "port/ports.h"

#include <dirent.h>
#include <errno.h>
#include <libserialport.h>
#include <limits.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

/* -- the list -- */

static int by_path(const void *a, const void *b)
{
    const struct vr_port_identity *first = a, *second = b;
    return strverscmp(first->path, second->path);
}

int vr_ports_list(struct vr_ports *ret_ports, struct vr_err *err)
{
    struct sp_port **found = NULL;
    *ret_ports = (struct vr_ports){0};
    if (sp_list_ports(&found) != SP_OK)
        return vr_err_set(
            err, VR_ERR_LINK, "cannot list serial ports: %s; is /sys mounted?", strerror(errno));
    size_t count = 0;
    while (found[count])
        count++;
    ret_ports->items = calloc(count + 1, sizeof *ret_ports->items);
    for (size_t i = 0; i < count && ret_ports->items; i++) {
        const char *path = sp_get_port_name(found[i]), *slash = strrchr(path, '/');
        vr_port_identity_read("", slash ? slash + 1 : path, &ret_ports->items[i]);
    }
    sp_free_port_list(found);
    if (!ret_ports->items)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the list of ports");
    ret_ports->count = count;
    qsort(ret_ports->items, count, sizeof *ret_ports->items, by_path);
    return 0;
}

int vr_ports_list_usb(const char *root, struct vr_ports *ret_ports, struct vr_err *err)
{
    char path[PATH_MAX];
    *ret_ports = (struct vr_ports){0};
    snprintf(path, sizeof path, "%s/sys/bus/usb/devices", root);
    _cleanup_closedir_ DIR *folder = opendir(path); /* a machine without USB has none */
    struct dirent *entry;
    while (folder && (entry = readdir(folder))) {
        struct vr_port_identity *items =
            reallocarray(ret_ports->items, ret_ports->count + 1, sizeof *items);
        if (!items) {
            vr_ports_finish(ret_ports);
            return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the list of USB devices");
        }
        ret_ports->items = items;
        ret_ports->count += vr_port_usb_read(root, entry->d_name, &items[ret_ports->count]);
    }
    if (ret_ports->count > 0)
        qsort(ret_ports->items, ret_ports->count, sizeof *ret_ports->items, by_path);
    return 0;
}

void vr_ports_finish(struct vr_ports *ports)
{
    free(ports->items);
    *ports = (struct vr_ports){0};
}

/* -- the one that is meant -- */

static bool is_identity(const struct vr_port_wanted *wanted)
{
    return wanted->usb_serial || wanted->usb_vendor || wanted->usb_product;
}

bool vr_port_is_wanted(const struct vr_port_identity *port, const struct vr_port_wanted *wanted)
{
    if (!is_identity(wanted))
        return true;
    return (!wanted->usb_serial || strcmp(port->usb_serial, wanted->usb_serial) == 0) &&
           (!wanted->usb_vendor || port->usb_vendor == wanted->usb_vendor) &&
           (!wanted->usb_product || port->usb_product == wanted->usb_product) &&
           (wanted->usb_interface < 0 || port->usb_interface == wanted->usb_interface);
}

__attribute__((format(printf, 2, 3))) static void add(char *text, const char *format, ...)
{
    size_t used = strlen(text);
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text + used, VR_PORT_TEXT_SIZE - used, format, arguments);
    va_end(arguments);
}

const char *vr_port_wanted_text(const struct vr_port_wanted *wanted, char *text)
{
    strcpy(text, "USB");
    if (wanted->usb_vendor || wanted->usb_product)
        add(text, wanted->usb_vendor ? " %04x:" : " *:", wanted->usb_vendor);
    if (wanted->usb_vendor || wanted->usb_product)
        add(text, wanted->usb_product ? "%04x" : "*", wanted->usb_product);
    if (wanted->usb_serial)
        add(text, " serial %s", wanted->usb_serial);
    if (wanted->usb_interface >= 0)
        add(text, " interface %d", wanted->usb_interface);
    return text;
}

const char *vr_port_text(const struct vr_port_identity *port, char *text)
{
    if (!port->is_usb)
        return strcpy(text, "not USB");
    struct vr_port_wanted all = {
        .usb_serial = port->usb_serial[0] ? port->usb_serial : NULL,
        .usb_vendor = port->usb_vendor,
        .usb_product = port->usb_product,
        .usb_interface = port->usb_interface,
    };
    vr_port_wanted_text(&all, text);
    if (!port->usb_serial[0])
        add(text, " without serial number");
    return text;
}

/* Ports one after the other, "; " between, as many as fit. */
static void list(
    const struct vr_ports *ports, const struct vr_port_wanted *wanted, char *text, size_t size)
{
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < ports->count && used < size; i++) {
        const struct vr_port_identity *port = &ports->items[i];
        char what[VR_PORT_TEXT_SIZE];
        if (wanted && !vr_port_is_wanted(port, wanted))
            continue;
        used += (size_t)snprintf(
            text + used, size - used, "%s%s (%s)", used ? "; " : "",
            wanted && port->by_path[0] ? port->by_path : port->path, vr_port_text(port, what));
    }
}

static bool are_interfaces(const struct vr_ports *ports, const struct vr_port_wanted *wanted)
{
    const char *device = NULL;
    for (size_t i = 0; i < ports->count; i++) {
        if (!vr_port_is_wanted(&ports->items[i], wanted))
            continue;
        if (device && strcmp(device, ports->items[i].sys_usb) != 0)
            return false;
        device = ports->items[i].sys_usb;
    }
    return device && device[0];
}

int vr_ports_find(
    const struct vr_ports *ports, const char *name, const struct vr_port_wanted *wanted,
    const struct vr_port_identity **ret_port, struct vr_err *err)
{
    char what[VR_PORT_TEXT_SIZE], there[512];
    size_t count = 0;
    if (!is_identity(wanted))
        return vr_err_set(
            err, VR_ERR_USAGE,
            "%s: which port? give usb_serial, usb_id or path; `vitalrig "
            "devices` lists what is attached",
            name);
    for (size_t i = 0; i < ports->count; i++) {
        if (!vr_port_is_wanted(&ports->items[i], wanted))
            continue;
        *ret_port = &ports->items[i];
        count++;
    }
    if (count == 1)
        return 0;

    vr_port_wanted_text(wanted, what);
    list(ports, count > 0 ? wanted : NULL, there, sizeof there);
    if (count == 0)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: no port of %s; is it plugged in? There is %s", name, what,
            there[0] ? there : "no port at all");
    if (are_interfaces(ports, wanted))
        return vr_err_set(
            err, VR_ERR_USAGE, "%s: %s has %zu ports: %s; give usb_interface", name, what, count,
            there);
    return vr_err_set(
        err, VR_ERR_USAGE,
        "%s: %zu devices are %s, and nothing tells them apart but the socket: give path, the link "
        "of one "
        "in /dev/serial/by-path: %s",
        name, count, what, there);
}

/* -- paths -- */

/* `path` as it is written in folder `from`: the links of its folder followed, but not its own.  `ret` has PATH_MAX bytes. */
static bool straighten(const char *from, const char *path, char *ret)
{
    char joined[2 * PATH_MAX], folder[PATH_MAX];
    bool is_absolute = path[0] == '/';
    snprintf(
        joined, sizeof joined, "%s%s%s", is_absolute ? "" : from, is_absolute ? "" : "/", path);
    char *slash = strrchr(joined, '/');
    *slash = '\0';
    if (!realpath(joined[0] ? joined : "/", folder))
        return false;
    return snprintf(ret, PATH_MAX, "%s/%s", strcmp(folder, "/") == 0 ? "" : folder, slash + 1) <
           PATH_MAX;
}

/* Link by link: a name that the kernel lists is the port, whatever it leads to by itself. */
static bool follow(const char *path, char *ret)
{
    char now[PATH_MAX], target[PATH_MAX];
    if (!straighten(".", path, now))
        return false;
    for (int depth = 0; depth < 16; depth++) {
        ssize_t length = vr_port_is_listed(now) ? -1 : readlink(now, target, sizeof target - 1);
        if (length < 0) {
            strcpy(ret, now);
            return access(now, F_OK) == 0;
        }
        target[length] = '\0';
        *strrchr(now, '/') = '\0';
        char from[PATH_MAX];
        strcpy(from, now);
        if (!straighten(from, target, now))
            return false;
    }
    errno = ELOOP;
    return false;
}

int vr_port_resolve(
    const char *name, const char *path, char *ret_path, size_t size, struct vr_err *err)
{
    char found[PATH_MAX];
    if (!follow(path, found))
        return vr_err_set(
            err, VR_ERR_NOT_FOUND, "%s: %s: %s; is it plugged in, and is it switched on?", name,
            path, strerror(errno));
    if (strlen(found) >= size)
        return vr_err_set(err, VR_ERR_USAGE, "%s: %s: the name is too long", name, path);
    strcpy(ret_path, found);
    return 0;
}

static int locate_path(
    const char *name, const struct vr_port_wanted *wanted, struct vr_port_identity *ret_port,
    struct vr_err *err)
{
    char path[VR_PORT_PATH_SIZE], what[VR_PORT_TEXT_SIZE], there[VR_PORT_TEXT_SIZE];
    int r = vr_port_resolve(name, wanted->path, path, sizeof path, err);
    if (r < 0)
        return r;
    *ret_port = (struct vr_port_identity){.usb_interface = -1};
    if (vr_port_is_listed(path))
        vr_port_identity_read("", strrchr(path, '/') + 1, ret_port);
    strcpy(ret_port->path, path);
    if (vr_port_is_wanted(ret_port, wanted))
        return 0;
    return vr_err_set(
        err, VR_ERR_LINK,
        "%s: %s is another device: wanted %s, found %s; plug in the right one, or correct the rig "
        "file",
        name, wanted->path, vr_port_wanted_text(wanted, what), vr_port_text(ret_port, there));
}

int vr_port_locate(
    const char *name, const struct vr_port_wanted *wanted, struct vr_port_identity *ret_port,
    struct vr_err *err)
{
    if (wanted->path)
        return locate_path(name, wanted, ret_port, err);
    _cleanup_(vr_ports_finish) struct vr_ports ports = {0};
    const struct vr_port_identity *port;
    int r = vr_ports_list(&ports, err);
    if (r == 0)
        r = vr_ports_find(&ports, name, wanted, &port, err);
    if (r == 0)
        *ret_port = *port;
    return r;
}
