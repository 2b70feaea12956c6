/* What the USB port needs of libusb and of the kernel, as a table: the real ones, or a test's. */
#ifndef VR_PORT_USB_OPS_H
#define VR_PORT_USB_OPS_H

#include <libusb-1.0/libusb.h>

#include "port/usb.h"

struct vr_usb_ops {
    /* As libusb_*; libusb.h says what they do. */
    int (*init)(libusb_context **context);
    void (*exit)(libusb_context *context);
    ssize_t (*get_device_list)(libusb_context *context, libusb_device ***list);
    void (*free_device_list)(libusb_device **list, int unref_devices);
    int (*get_device_descriptor)(
        libusb_device *device, struct libusb_device_descriptor *descriptor);
    int (*get_active_config_descriptor)(
        libusb_device *device, struct libusb_config_descriptor **config);
    void (*free_config_descriptor)(struct libusb_config_descriptor *config);
    uint8_t (*get_bus_number)(libusb_device *device);
    uint8_t (*get_device_address)(libusb_device *device);
    int (*hotplug_register_callback)(
        libusb_context *context, int events, int flags, int vendor, int product, int class_code,
        libusb_hotplug_callback_fn callback, void *user_data,
        libusb_hotplug_callback_handle *handle);
    int (*open)(libusb_device *device, libusb_device_handle **handle);
    void (*close)(libusb_device_handle *handle);
    int (*set_auto_detach_kernel_driver)(libusb_device_handle *handle, int enable);
    int (*claim_interface)(libusb_device_handle *handle, int interface);
    int (*release_interface)(libusb_device_handle *handle, int interface);
    int (*set_interface_alt_setting)(libusb_device_handle *handle, int interface, int setting);
    int (*control_transfer)(
        libusb_device_handle *handle, uint8_t type, uint8_t request, uint16_t value, uint16_t index,
        unsigned char *data, uint16_t length, unsigned timeout_ms);
    int (*clear_halt)(libusb_device_handle *handle, unsigned char endpoint);
    struct libusb_transfer *(*alloc_transfer)(int iso_packets);
    void (*free_transfer)(struct libusb_transfer *transfer);
    int (*submit_transfer)(struct libusb_transfer *transfer);
    int (*cancel_transfer)(struct libusb_transfer *transfer);
    int (*handle_events_timeout_completed)(
        libusb_context *context, struct timeval *timeout, int *completed);
    const struct libusb_pollfd **(*get_pollfds)(libusb_context *context);
    void (*free_pollfds)(const struct libusb_pollfd **fds);

    /* Text of a device's sysfs attribute, such as "serial": no permission is needed for it, unlike for a string descriptor.
     * "" = it has none. */
    void (*attribute)(libusb_device *device, const char *name, char *text, size_t size);
    /* The kernel driver that has an interface: "usbfs" = another program, "" = none. */
    void (*driver)(
        libusb_device *device, int configuration, int interface, char *text, size_t size);
    /* MiB of transfers that the kernel allows all programs together; 0 = any. */
    unsigned (*usbfs_memory_mb)(void);
};

extern const struct vr_usb_ops vr_usb_libusb;

int vr_usb_open_with(
    const struct vr_usb_ops *ops, const struct vr_usb_config *config, struct vr_usb **ret_usb,
    struct vr_err *err);
int vr_usb_list_with(
    const struct vr_usb_ops *ops, struct vr_usb_entry **ret_entries, size_t *ret_count,
    struct vr_err *err);

#endif
