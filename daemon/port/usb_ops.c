/* The real table: libusb's functions, and two facts from sysfs that libusb does not tell. */
#include "port/usb_ops.h"

#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define DEPTH_MAX 7 /* hubs in a row, by the USB specification */
#define FOLDER_SIZE 48

static void read_line(const char *path, char *text, size_t size)
{
    _cleanup_fclose_ FILE *file = fopen(path, "re");
    text[0] = '\0';
    if (file && fgets(text, (int)size, file))
        text[strcspn(text, "\n")] = '\0';
}

/* A device's folder in /sys/bus/usb/devices is named by its bus and the ports on the way to it: 1-4.2.  "" = a root hub. */
static const char *folder(libusb_device *device, char *name, size_t size)
{
    uint8_t ports[DEPTH_MAX];
    int depth = libusb_get_port_numbers(device, ports, DEPTH_MAX);
    int used = snprintf(name, size, "%u", libusb_get_bus_number(device));
    for (int i = 0; i < depth; i++)
        used += snprintf(name + used, size - (size_t)used, "%c%u", i == 0 ? '-' : '.', ports[i]);
    if (depth <= 0)
        name[0] = '\0';
    return name;
}

static void attribute(libusb_device *device, const char *name, char *text, size_t size)
{
    char device_name[FOLDER_SIZE], path[128];
    snprintf(
        path, sizeof path, "/sys/bus/usb/devices/%s/%s",
        folder(device, device_name, sizeof device_name), name);
    read_line(path, text, size);
}

static void driver(libusb_device *device, int configuration, int interface, char *text, size_t size)
{
    char device_name[FOLDER_SIZE], path[128], target[256];
    snprintf(
        path, sizeof path, "/sys/bus/usb/devices/%s:%d.%d/driver",
        folder(device, device_name, sizeof device_name), configuration, interface);
    ssize_t length = readlink(path, target, sizeof target - 1);
    target[length > 0 ? length : 0] = '\0';
    const char *slash = strrchr(target, '/');
    snprintf(text, size, "%s", slash ? slash + 1 : "");
}

static unsigned usbfs_memory_mb(void)
{
    char text[16];
    unsigned mb = 0;
    read_line("/sys/module/usbcore/parameters/usbfs_memory_mb", text, sizeof text);
    return sscanf(text, "%u", &mb) == 1 ? mb : 0;
}

const struct vr_usb_ops vr_usb_libusb = {
    .init = libusb_init,
    .exit = libusb_exit,
    .get_device_list = libusb_get_device_list,
    .free_device_list = libusb_free_device_list,
    .get_device_descriptor = libusb_get_device_descriptor,
    .get_active_config_descriptor = libusb_get_active_config_descriptor,
    .free_config_descriptor = libusb_free_config_descriptor,
    .get_bus_number = libusb_get_bus_number,
    .get_device_address = libusb_get_device_address,
    .hotplug_register_callback = libusb_hotplug_register_callback,
    .open = libusb_open,
    .close = libusb_close,
    .set_auto_detach_kernel_driver = libusb_set_auto_detach_kernel_driver,
    .claim_interface = libusb_claim_interface,
    .release_interface = libusb_release_interface,
    .set_interface_alt_setting = libusb_set_interface_alt_setting,
    .control_transfer = libusb_control_transfer,
    .clear_halt = libusb_clear_halt,
    .alloc_transfer = libusb_alloc_transfer,
    .free_transfer = libusb_free_transfer,
    .submit_transfer = libusb_submit_transfer,
    .cancel_transfer = libusb_cancel_transfer,
    .handle_events_timeout_completed = libusb_handle_events_timeout_completed,
    .get_pollfds = libusb_get_pollfds,
    .free_pollfds = libusb_free_pollfds,
    .attribute = attribute,
    .driver = driver,
    .usbfs_memory_mb = usbfs_memory_mb,
};
