/* The bus: lists of transfers, a byte stream each way, one fault at a time. */
#include "usb_stub.h"

#include <assert.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

struct usb_stub usb_stub;

/* Devices are known by their place in the table. */
static struct usb_stub_device *device_of(libusb_device *device)
{
    return (struct usb_stub_device *)(void *)device;
}

void usb_stub_reset(uint64_t seed)
{
    memset(&usb_stub, 0, sizeof usb_stub);
    vr_rng_init(&usb_stub.rng, seed);
    usb_stub.devices[0] = (struct usb_stub_device){
        .vendor = 0x1209,
        .product = 1,
        .serial = "A",
        .class_code = LIBUSB_CLASS_VENDOR_SPEC,
        .interfaces = 1,
        .packet_size = 512,
    };
    usb_stub.device_count = 1;
    usb_stub.memory_mb = 16;
}

void usb_stub_unplug(void)
{
    usb_stub.is_unplugged = true;
}

void usb_stub_leave(void)
{
    usb_stub.left(
        NULL, (libusb_device *)(void *)&usb_stub.devices[0], LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT,
        usb_stub.left_data);
}

/* --- devices --- */

static int stub_init(libusb_context **context)
{
    assert(!usb_stub.is_started);
    usb_stub.is_started = true;
    *context = (libusb_context *)(void *)&usb_stub;
    return 0;
}

static void stub_exit(libusb_context *context)
{
    (void)context;
    assert(!usb_stub.is_open && usb_stub.transfers == 0);
    usb_stub.is_started = false;
}

static ssize_t stub_get_device_list(libusb_context *context, libusb_device ***list)
{
    (void)context;
    if (usb_stub.list_error)
        return usb_stub.list_error;
    *list = calloc(USB_STUB_DEVICES + 1, sizeof **list);
    for (int i = 0; i < usb_stub.device_count; i++)
        (*list)[i] = (libusb_device *)(void *)&usb_stub.devices[i];
    return usb_stub.device_count;
}

static void stub_free_device_list(libusb_device **list, int unref_devices)
{
    assert(unref_devices);
    free(list);
}

static int stub_get_device_descriptor(
    libusb_device *device, struct libusb_device_descriptor *descriptor)
{
    *descriptor = (struct libusb_device_descriptor){
        .idVendor = device_of(device)->vendor,
        .idProduct = device_of(device)->product,
    };
    return 0;
}

/* Everything in one block, so that one free is enough. */
struct stub_config {
    struct libusb_config_descriptor config;
    struct libusb_interface interfaces[2];
    struct libusb_interface_descriptor settings[2];
    struct libusb_endpoint_descriptor endpoints[2][3];
};

static int stub_get_active_config_descriptor(
    libusb_device *device, struct libusb_config_descriptor **ret_config)
{
    const struct usb_stub_device *stub = device_of(device);
    struct stub_config *block = calloc(1, sizeof *block);
    for (int i = 0; i < stub->interfaces; i++) {
        struct libusb_endpoint_descriptor *endpoint = block->endpoints[i];
        endpoint[0] = (struct libusb_endpoint_descriptor){
            .bEndpointAddress = 0x83,
            .bmAttributes = LIBUSB_TRANSFER_TYPE_INTERRUPT,
            .wMaxPacketSize = 8,
        };
        endpoint[1] = (struct libusb_endpoint_descriptor){
            .bEndpointAddress = (uint8_t)(0x81 + i),
            .bmAttributes = LIBUSB_TRANSFER_TYPE_BULK,
            .wMaxPacketSize = stub->packet_size,
        };
        endpoint[2] = endpoint[1];
        endpoint[2].bEndpointAddress = (uint8_t)(0x02 + i);
        block->settings[i] = (struct libusb_interface_descriptor){
            .bInterfaceNumber = (uint8_t)(i * 2),
            .bInterfaceClass = stub->class_code,
            .bNumEndpoints = stub->in_only ? 2 : 3,
            .endpoint = endpoint,
        };
        block->interfaces[i] =
            (struct libusb_interface){.altsetting = &block->settings[i], .num_altsetting = 1};
    }
    block->config.bNumInterfaces = (uint8_t)stub->interfaces;
    block->config.interface = block->interfaces;
    *ret_config = &block->config;
    return 0;
}

static void stub_free_config_descriptor(struct libusb_config_descriptor *config)
{
    free(config);
}

static uint8_t stub_get_bus_number(libusb_device *device)
{
    (void)device;
    return 1;
}

static uint8_t stub_get_device_address(libusb_device *device)
{
    return (uint8_t)(4 + (device_of(device) - usb_stub.devices));
}

static void stub_attribute(libusb_device *device, const char *name, char *text, size_t size)
{
    snprintf(text, size, "%s", strcmp(name, "serial") == 0 ? device_of(device)->serial : "");
}

static void stub_driver(
    libusb_device *device, int configuration, int interface, char *text, size_t size)
{
    (void)configuration, (void)interface;
    const char *driver = device_of(device)->driver;
    snprintf(text, size, "%s", driver ? driver : "");
}

static unsigned stub_usbfs_memory_mb(void)
{
    return usb_stub.memory_mb;
}

static int stub_hotplug(
    libusb_context *context, int events, int flags, int vendor, int product, int class_code,
    libusb_hotplug_callback_fn callback, void *user_data, libusb_hotplug_callback_handle *handle)
{
    (void)context, (void)flags, (void)vendor, (void)product, (void)class_code, (void)handle;
    assert(events == LIBUSB_HOTPLUG_EVENT_DEVICE_LEFT);
    usb_stub.left = callback;
    usb_stub.left_data = user_data;
    return 0;
}

/* --- one device --- */

static int stub_open(libusb_device *device, libusb_device_handle **handle)
{
    if (usb_stub.open_error)
        return usb_stub.open_error;
    usb_stub.is_open = true;
    *handle = (libusb_device_handle *)(void *)device;
    return 0;
}

static void stub_close(libusb_device_handle *handle)
{
    (void)handle;
    assert(usb_stub.is_open && !usb_stub.is_claimed && usb_stub.under_way_count == 0);
    usb_stub.is_open = false;
}

static int stub_set_auto_detach(libusb_device_handle *handle, int enable)
{
    (void)handle;
    assert(enable && !usb_stub.is_claimed);
    return 0;
}

static int stub_claim_interface(libusb_device_handle *handle, int interface)
{
    (void)handle, (void)interface;
    if (usb_stub.claim_error)
        return usb_stub.claim_error;
    usb_stub.is_claimed = true;
    return 0;
}

static int stub_release_interface(libusb_device_handle *handle, int interface)
{
    (void)handle, (void)interface;
    assert(usb_stub.is_claimed && usb_stub.under_way_count == 0);
    usb_stub.is_claimed = false;
    return 0;
}

static int stub_set_setting(libusb_device_handle *handle, int interface, int setting)
{
    (void)handle, (void)interface;
    assert(usb_stub.is_claimed && setting == 0 && usb_stub.under_way_count == 0);
    usb_stub.settings++;
    return 0;
}

static bool is_in(unsigned char endpoint)
{
    return endpoint & LIBUSB_ENDPOINT_IN;
}

static int stub_clear_halt(libusb_device_handle *handle, unsigned char endpoint)
{
    (void)handle;
    assert(usb_stub_under_way(is_in(endpoint)) == 0);
    usb_stub.clears++;
    usb_stub.is_halted[is_in(endpoint)] = false;
    return usb_stub.is_unplugged ? LIBUSB_ERROR_NO_DEVICE : 0;
}

/* --- transfers --- */

static struct libusb_transfer *stub_alloc_transfer(int iso_packets)
{
    assert(iso_packets == 0);
    usb_stub.transfers++;
    return calloc(1, sizeof(struct libusb_transfer));
}

static int place_of(const struct libusb_transfer *transfer)
{
    for (int i = 0; i < usb_stub.under_way_count; i++)
        if (usb_stub.under_way[i] == transfer)
            return i;
    return -1;
}

static void stub_free_transfer(struct libusb_transfer *transfer)
{
    assert(place_of(transfer) < 0);
    usb_stub.transfers--;
    free(transfer);
}

int usb_stub_under_way(bool in)
{
    int count = 0;
    for (int i = 0; i < usb_stub.under_way_count; i++)
        count += is_in(usb_stub.under_way[i]->endpoint) == in;
    return count;
}

static int stub_submit_transfer(struct libusb_transfer *transfer)
{
    assert(usb_stub.is_claimed && place_of(transfer) < 0 && transfer->length > 0);
    assert(usb_stub.under_way_count < USB_STUB_UNDER_WAY);
    assert(!is_in(transfer->endpoint) || transfer->length % usb_stub.devices[0].packet_size == 0);
    if (usb_stub.submit_error && usb_stub.submits++ == usb_stub.submit_error_at)
        return usb_stub.submit_error;
    if (usb_stub.is_unplugged)
        return LIBUSB_ERROR_NO_DEVICE;
    usb_stub.is_cancelled[usb_stub.under_way_count] = false;
    usb_stub.under_way[usb_stub.under_way_count++] = transfer;
    return 0;
}

static int stub_cancel_transfer(struct libusb_transfer *transfer)
{
    int place = place_of(transfer);
    if (place < 0 || usb_stub.is_cancelled[place])
        return LIBUSB_ERROR_NOT_FOUND;
    usb_stub.is_cancelled[place] = true;
    return 0;
}

/* --- how transfers end --- */

static uint8_t next_byte(void)
{
    return (uint8_t)(usb_stub.next_value++ * 2654435761u >> 24);
}

/* The device hands over bytes of its stream; a transfer that is not full ends with a short packet. */
static int move_in(struct libusb_transfer *transfer, size_t most)
{
    size_t size = (size_t)transfer->length < most ? (size_t)transfer->length : most;
    for (size_t i = 0; i < size; i++) {
        transfer->buffer[i] = next_byte();
        usb_stub.in_bytes[usb_stub.in_size++] = transfer->buffer[i];
    }
    usb_stub.in_ready -= size;
    return (int)size;
}

static int move_out(const struct libusb_transfer *transfer, size_t most)
{
    size_t size = (size_t)transfer->length < most ? (size_t)transfer->length : most;
    memcpy(usb_stub.out_bytes + usb_stub.out_size, transfer->buffer, size);
    usb_stub.out_size += size;
    if (size % usb_stub.devices[0].packet_size == 0 &&
        transfer->flags & LIBUSB_TRANSFER_ADD_ZERO_PACKET)
        usb_stub.zero_packets++;
    return (int)size;
}

static bool fault_is_due(bool in)
{
    const struct usb_stub_fault *fault = &usb_stub.fault;
    unsigned index = usb_stub.ended[in];
    return fault->is_in == in && index >= fault->at && index < fault->at + fault->times;
}

static size_t some_packets(size_t most)
{
    size_t packets = most / usb_stub.devices[0].packet_size;
    return packets == 0
               ? 0
               : vr_rng_below(&usb_stub.rng, (uint32_t)packets) * usb_stub.devices[0].packet_size;
}

static void end_faulty(struct libusb_transfer *transfer, bool in)
{
    const struct usb_stub_fault *fault = &usb_stub.fault;
    size_t length = (size_t)transfer->length;
    size_t most = in && usb_stub.in_ready < length ? usb_stub.in_ready : length;
    size_t part = fault->manner & USB_STUB_PARTIAL ? some_packets(most) : 0;
    transfer->status = fault->status;
    transfer->actual_length = in ? move_in(transfer, part) : move_out(transfer, part);
    if (fault->status == LIBUSB_TRANSFER_STALL)
        usb_stub.is_halted[in] = true;
    if (fault->status == LIBUSB_TRANSFER_OVERFLOW)
        for (int i = 0; i < 7; i++) /* lost */
            next_byte();
    if (fault->status == LIBUSB_TRANSFER_ERROR || fault->status == LIBUSB_TRANSFER_NO_DEVICE)
        usb_stub.is_unplugged = true;
}

/* Returns whether the transfer ends now. */
static bool end_one(struct libusb_transfer *transfer, bool is_cancelled)
{
    bool in = is_in(transfer->endpoint);
    transfer->status = LIBUSB_TRANSFER_COMPLETED;
    transfer->actual_length = 0;
    if (usb_stub.is_unplugged) { /* told either way, and a cancelled one may have been too late */
        transfer->status =
            vr_rng_below(&usb_stub.rng, 2) ? LIBUSB_TRANSFER_NO_DEVICE : LIBUSB_TRANSFER_ERROR;
        return true;
    }
    if (is_cancelled) {
        transfer->status = LIBUSB_TRANSFER_CANCELLED;
        return !usb_stub.is_stuck;
    }
    if (usb_stub.is_halted[in]) {
        transfer->status = LIBUSB_TRANSFER_STALL;
        return !(usb_stub.fault.manner & USB_STUB_HOLDS);
    }
    if ((in && usb_stub.in_ready == 0) || (!in && usb_stub.no_out))
        return false;
    if (fault_is_due(in))
        end_faulty(transfer, in);
    else
        transfer->actual_length =
            in ? move_in(transfer, usb_stub.in_ready) : move_out(transfer, SIZE_MAX);
    usb_stub.ended[in]++;
    return true;
}

static int stub_handle_events(libusb_context *context, struct timeval *timeout, int *completed)
{
    (void)context, (void)completed;
    bool any = false;
    for (int i = 0; i < usb_stub.under_way_count;) {
        struct libusb_transfer *transfer = usb_stub.under_way[i];
        if (!end_one(transfer, usb_stub.is_cancelled[i])) {
            i++;
            continue;
        }
        any = true;
        usb_stub.under_way_count--;
        memmove(
            &usb_stub.under_way[i], &usb_stub.under_way[i + 1],
            (size_t)(usb_stub.under_way_count - i) * sizeof *usb_stub.under_way);
        memmove(
            &usb_stub.is_cancelled[i], &usb_stub.is_cancelled[i + 1],
            (size_t)(usb_stub.under_way_count - i) * sizeof *usb_stub.is_cancelled);
        transfer->callback(transfer);
    }
    if (!any && (timeout->tv_sec > 0 || timeout->tv_usec > 0)) {
        struct timespec pause = {timeout->tv_sec, timeout->tv_usec * 1000};
        nanosleep(&pause, NULL);
    }
    return 0;
}

static const struct libusb_pollfd **stub_get_pollfds(libusb_context *context)
{
    (void)context;
    return calloc(1, sizeof(const struct libusb_pollfd *));
}

static void stub_free_pollfds(const struct libusb_pollfd **fds)
{
    union {
        const struct libusb_pollfd **given;
        void *wanted;
    } list = {.given = fds};
    free(list.wanted);
}

/* Bulk transfers end inside of it too. */
static int stub_control(
    libusb_device_handle *handle, uint8_t type, uint8_t request, uint16_t value, uint16_t index,
    unsigned char *data, uint16_t length, unsigned timeout_ms)
{
    struct timeval now = {0};
    (void)handle;
    assert(usb_stub.is_claimed && timeout_ms > 0 && length <= sizeof usb_stub.control.data);
    stub_handle_events(NULL, &now, NULL);
    usb_stub.control =
        (struct usb_stub_control){type, request, value, index, length, timeout_ms, {0}};
    if (usb_stub.control_error)
        return usb_stub.control_error;
    if (is_in(type))
        memcpy(data, usb_stub.control_answer, length);
    else
        memcpy(usb_stub.control.data, data, length);
    return length;
}

const struct vr_usb_ops usb_stub_ops = {
    .init = stub_init,
    .exit = stub_exit,
    .get_device_list = stub_get_device_list,
    .free_device_list = stub_free_device_list,
    .get_device_descriptor = stub_get_device_descriptor,
    .get_active_config_descriptor = stub_get_active_config_descriptor,
    .free_config_descriptor = stub_free_config_descriptor,
    .get_bus_number = stub_get_bus_number,
    .get_device_address = stub_get_device_address,
    .hotplug_register_callback = stub_hotplug,
    .open = stub_open,
    .close = stub_close,
    .set_auto_detach_kernel_driver = stub_set_auto_detach,
    .claim_interface = stub_claim_interface,
    .release_interface = stub_release_interface,
    .set_interface_alt_setting = stub_set_setting,
    .control_transfer = stub_control,
    .clear_halt = stub_clear_halt,
    .alloc_transfer = stub_alloc_transfer,
    .free_transfer = stub_free_transfer,
    .submit_transfer = stub_submit_transfer,
    .cancel_transfer = stub_cancel_transfer,
    .handle_events_timeout_completed = stub_handle_events,
    .get_pollfds = stub_get_pollfds,
    .free_pollfds = stub_free_pollfds,
    .attribute = stub_attribute,
    .driver = stub_driver,
    .usbfs_memory_mb = stub_usbfs_memory_mb,
};
