/* A USB bus in memory, behind the table of port/usb_ops.h: what it did is known to the byte, and how it fails is asked for.
 *
 * It plays by libusb's rules and asserts that the port does: transfers end only inside handle_events, in order on each endpoint, a
 * cancelled one too; no transfer is submitted twice or freed under way. */
#ifndef TEST_USB_STUB_H
#define TEST_USB_STUB_H

#include "base/rng.h"
#include "port/usb_ops.h"

#define USB_STUB_DEVICES 4
#define USB_STUB_UNDER_WAY 128
#define USB_STUB_BYTES (512 * 1024)

#define USB_STUB_PARTIAL 1u /* a transfer that fails has moved some of its bytes */
#define USB_STUB_HOLDS \
    2u /* a stall keeps the transfers behind it under way until they are cancelled, as xHCI does */

struct usb_stub_device {
    uint16_t vendor, product;
    const char *serial;
    const char *driver; /* that the kernel has bound, or NULL */
    uint8_t class_code; /* of both interfaces */
    int interfaces;     /* 1 or 2, each with bulk IN and OUT, or IN only */
    bool in_only;
    uint16_t packet_size;
};

/* What goes wrong with transfers of one endpoint, from the one with this index on. */
struct usb_stub_fault {
    bool is_in;
    unsigned at, times; /* index of the transfer that ends; how often; 0 = nothing goes wrong */
    enum libusb_transfer_status status; /* NO_DEVICE and ERROR: the device is unplugged */
    unsigned manner;                    /* USB_STUB_* */
};

struct usb_stub_control {
    uint8_t type, request;
    uint16_t value, index, length;
    unsigned timeout_ms;
    uint8_t data[64]; /* that the device was given */
};

struct usb_stub {
    struct usb_stub_device devices[USB_STUB_DEVICES];
    int device_count;
    unsigned memory_mb;
    struct usb_stub_fault fault;
    int list_error; /* of libusb; 0 = fine, as in the next two */
    int open_error, claim_error, control_error;
    uint8_t control_answer[64];        /* to every IN request */
    int submit_error, submit_error_at; /* of the n-th submit */
    bool is_stuck;                     /* cancelled transfers never end */
    bool no_out;                       /* the device takes nothing */
    struct vr_rng rng;

    /* What happened. */
    bool is_open, is_claimed, is_unplugged, is_started;
    int settings;                    /* how often alternate setting 0 was chosen */
    struct usb_stub_control control; /* the last one */
    int handles, transfers, submits, clears, zero_packets;
    size_t in_ready;                  /* B that the device has for the host */
    uint8_t in_bytes[USB_STUB_BYTES]; /* what went to the host */
    size_t in_size;
    uint8_t out_bytes[USB_STUB_BYTES]; /* what the device took */
    size_t out_size;
    uint32_t next_value; /* of the device's stream */

    /* Private. */
    struct libusb_transfer *under_way[USB_STUB_UNDER_WAY];
    bool is_cancelled[USB_STUB_UNDER_WAY];
    int under_way_count;
    unsigned ended[2]; /* transfers, by direction */
    bool is_halted[2];
    libusb_hotplug_callback_fn left;
    void *left_data;
};

extern struct usb_stub usb_stub;
extern const struct vr_usb_ops usb_stub_ops;

/* One vendor device 1209:0001 with serial number "A", all well. */
void usb_stub_reset(uint64_t seed);

void usb_stub_unplug(void); /* its transfers fail with the next events */
void usb_stub_leave(void);  /* the hotplug callback alone */

int usb_stub_under_way(bool is_in);

#endif
