/* From the bus's devices to their interfaces to the one that is meant. */
#include "port/usb_find.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"

#define PACKET_SIZE_MASK 0x7ff /* the bits above count transactions of isochronous endpoints */

/* Matches of a search; of those beyond the second only the number matters. */
struct search {
    const struct vr_usb_ops *ops;
    const struct vr_usb_config *config;
    struct vr_usb_found found[2];
    size_t count;
    size_t device_count; /* that fit, with or without a fitting interface */
};

static void fill_entry(
    const struct vr_usb_ops *ops, libusb_device *device,
    const struct libusb_device_descriptor *descriptor, struct vr_usb_entry *entry)
{
    *entry = (struct vr_usb_entry){
        .vendor = descriptor->idVendor,
        .product = descriptor->idProduct,
        .interface = -1,
        .bus = ops->get_bus_number(device),
        .address = ops->get_device_address(device),
    };
    ops->attribute(device, "serial", entry->serial, sizeof entry->serial);
    ops->attribute(device, "product", entry->name, sizeof entry->name);
}

static bool device_fits(const struct vr_usb_config *config, const struct vr_usb_entry *entry)
{
    return (!config->vendor || config->vendor == entry->vendor) &&
           (!config->product || config->product == entry->product) &&
           (!config->serial || strcmp(config->serial, entry->serial) == 0);
}

/* The first bulk endpoint of each direction. */
static void find_endpoints(
    const struct libusb_interface_descriptor *interface, struct vr_usb_endpoint *in,
    struct vr_usb_endpoint *out)
{
    *in = *out = (struct vr_usb_endpoint){0};
    for (int i = 0; i < interface->bNumEndpoints; i++) {
        const struct libusb_endpoint_descriptor *endpoint = &interface->endpoint[i];
        bool is_in = endpoint->bEndpointAddress & LIBUSB_ENDPOINT_IN;
        struct vr_usb_endpoint *found = is_in ? in : out;
        size_t packet_size = endpoint->wMaxPacketSize & PACKET_SIZE_MASK;
        if ((endpoint->bmAttributes & LIBUSB_TRANSFER_TYPE_MASK) == LIBUSB_TRANSFER_TYPE_BULK &&
            !found->address && packet_size > 0)
            *found = (struct vr_usb_endpoint){endpoint->bEndpointAddress, packet_size};
    }
}

static bool interface_fits(
    const struct vr_usb_config *config, const struct libusb_interface_descriptor *interface,
    const struct vr_usb_found *found)
{
    bool is_meant = config->interface < 0 ? interface->bInterfaceClass == LIBUSB_CLASS_VENDOR_SPEC
                                          : interface->bInterfaceNumber == config->interface;
    return is_meant && found->in.address && (config->in_only || found->out.address);
}

/* Calls see(context, found) for every fitting interface of a device. */
static void look_into(
    const struct vr_usb_ops *ops, libusb_device *device, const struct vr_usb_config *config,
    const struct vr_usb_entry *entry, void (*see)(void *context, const struct vr_usb_found *found),
    void *context)
{
    struct libusb_config_descriptor *active;
    if (ops->get_active_config_descriptor(device, &active) < 0)
        return; /* unconfigured: nothing to open */
    for (int i = 0; i < active->bNumInterfaces; i++) {
        struct vr_usb_found found = {.entry = *entry, .device = device};
        if (active->interface[i].num_altsetting < 1)
            continue;
        const struct libusb_interface_descriptor *interface = &active->interface[i].altsetting[0];
        find_endpoints(interface, &found.in, &found.out);
        found.configuration = active->bConfigurationValue;
        found.entry.interface = interface->bInterfaceNumber;
        if (interface_fits(config, interface, &found))
            see(context, &found);
    }
    ops->free_config_descriptor(active);
}

/* --- the one that is meant --- */

static void note_match(void *context, const struct vr_usb_found *found)
{
    struct search *search = context;
    if (search->count < 2)
        search->found[search->count] = *found;
    search->count++;
}

static const char *wanted_text(const struct vr_usb_config *config, char *text, size_t size)
{
    int used = 0;
    text[0] = '\0';
    if (config->vendor || config->product)
        used = snprintf(text, size, " %04x:%04x", config->vendor, config->product);
    if (config->serial)
        snprintf(text + used, size - (size_t)used, " with serial number \"%s\"", config->serial);
    return text;
}

static int refuse_none(const struct search *search, struct vr_err *err)
{
    const struct vr_usb_config *config = search->config;
    char wanted[VR_USB_TEXT_SIZE + 64];
    wanted_text(config, wanted, sizeof wanted);
    if (search->device_count == 0)
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: no USB device%s is attached; plug it in, or see `vitalrig devices`", config->name,
            wanted);
    const char *endpoints = config->in_only ? "a bulk IN endpoint" : "bulk IN and OUT endpoints";
    if (config->interface >= 0)
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: the USB device%s has no interface %d with %s; correct usb_interface", config->name,
            wanted, config->interface, endpoints);
    return vr_err_set(
        err, VR_ERR_LINK,
        "%s: the USB device%s has no vendor-specific interface with %s; name another one with "
        "usb_interface",
        config->name, wanted, endpoints);
}

static int refuse_several(const struct search *search, struct vr_err *err)
{
    const struct vr_usb_entry *a = &search->found[0].entry, *b = &search->found[1].entry;
    const char *name = search->config->name;
    if (a->bus == b->bus && a->address == b->address)
        return vr_err_set(
            err, VR_ERR_LINK,
            "%s: interfaces %d and %d of the USB device \"%s\" both fit; choose with usb_interface",
            name, a->interface, b->interface, a->serial);
    return vr_err_set(
        err, VR_ERR_LINK,
        "%s: %zu USB interfaces fit, among them bus %u device %u (serial number \"%s\") and bus %u "
        "device %u (\"%s\"); %s",
        name, search->count, a->bus, a->address, a->serial, b->bus, b->address, b->serial,
        strcmp(a->serial, b->serial) == 0 ? "they cannot be told apart: unplug one"
                                          : "choose with usb_serial");
}

int vr_usb_find(
    const struct vr_usb_ops *ops, libusb_device *const *list, const struct vr_usb_config *config,
    struct vr_usb_found *ret_found, struct vr_err *err)
{
    struct search search = {.ops = ops, .config = config};
    for (libusb_device *const *device = list; *device; device++) {
        struct libusb_device_descriptor descriptor;
        struct vr_usb_entry entry;
        if (ops->get_device_descriptor(*device, &descriptor) < 0)
            continue;
        fill_entry(ops, *device, &descriptor, &entry);
        if (!device_fits(config, &entry))
            continue;
        search.device_count++;
        look_into(ops, *device, config, &entry, note_match, &search);
    }
    if (search.count == 0)
        return refuse_none(&search, err);
    if (search.count > 1)
        return refuse_several(&search, err);
    *ret_found = search.found[0];
    return 0;
}

/* --- all of them --- */

struct listing {
    const struct vr_usb_ops *ops;
    struct vr_usb_entry *entries;
    size_t count, capacity;
    bool is_out_of_memory;
};

static void note_entry(void *context, const struct vr_usb_found *found)
{
    struct listing *listing = context;
    char driver[VR_USB_TEXT_SIZE];
    listing->ops->driver(
        found->device, found->configuration, found->entry.interface, driver, sizeof driver);
    bool is_taken = strcmp(driver, "usbfs") == 0;
    if (driver[0] && !is_taken)
        return;
    if (listing->count == listing->capacity) {
        size_t capacity = listing->capacity ? 2 * listing->capacity : 8;
        struct vr_usb_entry *grown = realloc(listing->entries, capacity * sizeof *listing->entries);
        if (!grown) {
            listing->is_out_of_memory = true;
            return;
        }
        listing->entries = grown;
        listing->capacity = capacity;
    }
    struct vr_usb_entry *entry = &listing->entries[listing->count++];
    char node[64];
    *entry = found->entry;
    entry->is_taken = is_taken;
    snprintf(node, sizeof node, "/dev/bus/usb/%03u/%03u", entry->bus, entry->address);
    entry->is_permitted = access(node, R_OK | W_OK) == 0;
}

int vr_usb_list_with(
    const struct vr_usb_ops *ops, struct vr_usb_entry **ret_entries, size_t *ret_count,
    struct vr_err *err)
{
    static const struct vr_usb_config any = {.interface = -1};
    struct listing listing = {.ops = ops};
    libusb_context *context;
    libusb_device **list;

    if (ops->init(&context) < 0)
        return vr_err_set(err, VR_ERR_LINK, "USB cannot be used here: libusb does not start");
    ssize_t count = ops->get_device_list(context, &list);
    if (count < 0) {
        ops->exit(context);
        return vr_err_set(err, VR_ERR_LINK, "libusb cannot list USB devices");
    }
    for (ssize_t i = 0; i < count; i++) {
        struct libusb_device_descriptor descriptor;
        struct vr_usb_entry entry;
        if (ops->get_device_descriptor(list[i], &descriptor) < 0)
            continue;
        fill_entry(ops, list[i], &descriptor, &entry);
        look_into(ops, list[i], &any, &entry, note_entry, &listing);
    }
    ops->free_device_list(list, 1);
    ops->exit(context);
    if (listing.is_out_of_memory) {
        free(listing.entries);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the list of USB devices");
    }
    *ret_entries = listing.entries;
    *ret_count = listing.count;
    return 0;
}

int vr_usb_list(struct vr_usb_entry **ret_entries, size_t *ret_count, struct vr_err *err)
{
    return vr_usb_list_with(&vr_usb_libusb, ret_entries, ret_count, err);
}
