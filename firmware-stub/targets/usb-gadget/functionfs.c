/* Descriptors, strings and events of FunctionFS; the formats are those of linux/usb/functionfs.h. */
#include "targets/usb-gadget/functionfs.h"

#include <endian.h>
#include <errno.h>
#include <fcntl.h>
#include <linux/usb/functionfs.h>
#include <stdint.h>
#include <stdio.h>
#include <unistd.h>

#define INTERFACE_NAME "VitalRig device"

enum { FULL_SPEED_PACKET = 64, HIGH_SPEED_PACKET = 512, ENGLISH_US = 0x0409 };

struct function {
    struct usb_interface_descriptor interface;
    struct usb_endpoint_descriptor_no_audio out, in;
} __attribute__((packed));

struct descriptors {
    struct usb_functionfs_descs_head_v2 head;
    __le32 full_speed_count, high_speed_count;
    struct function full_speed, high_speed;
} __attribute__((packed));

struct strings {
    struct usb_functionfs_strings_head head;
    __le16 language;
    char name[sizeof INTERFACE_NAME];
} __attribute__((packed));

/* The kernel gives the endpoints other addresses: a host reads them from the descriptor. */
static struct usb_endpoint_descriptor_no_audio endpoint(uint8_t address, uint16_t packet_size)
{
    return (struct usb_endpoint_descriptor_no_audio){
        .bLength = sizeof(struct usb_endpoint_descriptor_no_audio),
        .bDescriptorType = USB_DT_ENDPOINT,
        .bEndpointAddress = address,
        .bmAttributes = USB_ENDPOINT_XFER_BULK,
        .wMaxPacketSize = htole16(packet_size),
    };
}

static struct function describe(uint16_t packet_size)
{
    return (struct function){
        .interface =
            {
                .bLength = sizeof(struct usb_interface_descriptor),
                .bDescriptorType = USB_DT_INTERFACE,
                .bNumEndpoints = 2,
                .bInterfaceClass = USB_CLASS_VENDOR_SPEC,
                .iInterface = 1,
            },
        .out = endpoint(1 | USB_DIR_OUT, packet_size),
        .in = endpoint(2 | USB_DIR_IN, packet_size),
    };
}

static int write_descriptors(int control)
{
    const struct descriptors descriptors = {
        .head =
            {
                .magic = htole32(FUNCTIONFS_DESCRIPTORS_MAGIC_V2),
                .length = htole32(sizeof(struct descriptors)),
                .flags = htole32(FUNCTIONFS_HAS_FS_DESC | FUNCTIONFS_HAS_HS_DESC),
            },
        .full_speed_count = htole32(3),
        .high_speed_count = htole32(3),
        .full_speed = describe(FULL_SPEED_PACKET),
        .high_speed = describe(HIGH_SPEED_PACKET),
    };
    const struct strings strings = {
        .head =
            {
                .magic = htole32(FUNCTIONFS_STRINGS_MAGIC),
                .length = htole32(sizeof(struct strings)),
                .str_count = htole32(1),
                .lang_count = htole32(1),
            },
        .language = htole16(ENGLISH_US),
        .name = INTERFACE_NAME,
    };
    if (write(control, &descriptors, sizeof descriptors) < 0 ||
        write(control, &strings, sizeof strings) < 0)
        return -errno;
    return 0;
}

static int open_endpoint(const char *folder, const char *name)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    const int fd = open(path, O_RDWR | O_CLOEXEC);
    return fd < 0 ? -errno : fd;
}

int functionfs_open(const char *folder, struct functionfs *ret, const char **ret_what)
{
    *ret = (struct functionfs){-1, -1, -1};
    *ret_what = "ep0 (is a functionfs mounted there?)";
    int result = ret->control = open_endpoint(folder, "ep0");
    if (result >= 0) {
        *ret_what = "the descriptors";
        result = write_descriptors(ret->control);
    }
    if (result >= 0) {
        *ret_what = "ep1";
        result = ret->out = open_endpoint(folder, "ep1");
    }
    if (result >= 0) {
        *ret_what = "ep2";
        result = ret->in = open_endpoint(folder, "ep2");
    }
    if (result < 0)
        functionfs_close(ret);
    return result < 0 ? result : 0;
}

/* Moving data the wrong way is how FunctionFS is told to stall a request. */
static void refuse_request(int control, const struct usb_ctrlrequest *request)
{
    const ssize_t done =
        request->bRequestType & USB_DIR_IN ? read(control, NULL, 0) : write(control, NULL, 0);
    (void)done; /* it always fails */
}

int functionfs_handle_event(const struct functionfs *function)
{
    struct usb_functionfs_event event;
    if (read(function->control, &event, sizeof event) < 0)
        return errno == EINTR || errno == EAGAIN || errno == EIDRM ? 0 : -errno;
    if (event.type == FUNCTIONFS_SETUP)
        refuse_request(function->control, &event.u.setup);
    return 0;
}

void functionfs_close(struct functionfs *function)
{
    if (function->in >= 0)
        close(function->in);
    if (function->out >= 0)
        close(function->out);
    if (function->control >= 0)
        close(function->control);
    *function = (struct functionfs){-1, -1, -1};
}
