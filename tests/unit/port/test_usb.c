#include <criterion/criterion.h>
#include <stdlib.h>
#include <string.h>

#include "usb_stub.h"

/* --- support --------------------------------------------------------------------------------- */

static struct vr_usb *open_usb(const struct vr_usb_config *config)
{
    struct vr_usb *usb = NULL;
    struct vr_err err = {0};
    cr_assert_eq(vr_usb_open_with(&usb_stub_ops, config, &usb, &err), 0, "%s", err.text);
    return usb;
}

static void expect_refusal(const struct vr_usb_config *config, int code, const char *words)
{
    struct vr_usb *usb = NULL;
    struct vr_err err = {0};
    cr_expect_eq(vr_usb_open_with(&usb_stub_ops, config, &usb, &err), -code);
    cr_expect(strstr(err.text, words), "\"%s\" is not in: %s", words, err.text);
    cr_expect(!usb_stub.is_open && !usb_stub.is_started);
}

static size_t receive(struct vr_usb *usb, uint8_t *bytes, size_t capacity)
{
    struct vr_err err = {0};
    size_t size;
    cr_assert_eq(vr_usb_receive(usb, bytes, capacity, &size, &err), 0, "%s", err.text);
    return size;
}

static size_t send(struct vr_usb *usb, const uint8_t *bytes, size_t size)
{
    struct vr_err err = {0};
    size_t sent;
    cr_assert_eq(vr_usb_send(usb, bytes, size, &sent, &err), 0, "%s", err.text);
    return sent;
}

static bool would_wait(struct vr_usb *usb, bool want_send)
{
    struct pollfd fds[VR_USB_FDS_MAX];
    size_t count = vr_usb_poll_fds(usb, want_send, fds, VR_USB_FDS_MAX);
    return poll(fds, count, 0) == 0;
}

static void add_device(const char *serial)
{
    usb_stub.devices[usb_stub.device_count] = usb_stub.devices[0];
    usb_stub.devices[usb_stub.device_count++].serial = serial;
}

static void setup(void)
{
    usb_stub_reset(1);
}

TestSuite(usb, .init = setup);

static const struct vr_usb_config by_serial = {.name = "band", .serial = "A", .interface = -1};
static const struct vr_usb_config by_id = {
    .name = "band", .vendor = 0x1209, .product = 1, .interface = -1};

/* --- finding --------------------------------------------------------------------------------- */

Test(usb, asks_which_device)
{
    struct vr_usb_config any = {.name = "band", .interface = -1};
    expect_refusal(&any, VR_ERR_USAGE, "usb_serial");
}

Test(usb, finds_by_serial_number_among_alike)
{
    add_device("B");
    vr_usb_close(open_usb(&by_serial));
}

Test(usb, says_what_is_not_attached)
{
    struct vr_usb_config absent = by_id;
    absent.serial = "Z9";
    expect_refusal(&absent, VR_ERR_LINK, "no USB device 1209:0001 with serial number \"Z9\"");
}

Test(usb, refuses_to_choose_between_two)
{
    add_device("B");
    expect_refusal(&by_id, VR_ERR_LINK, "choose with usb_serial");
}

Test(usb, refuses_twins)
{
    add_device("A");
    expect_refusal(&by_serial, VR_ERR_LINK, "cannot be told apart");
}

Test(usb, asks_for_the_interface)
{
    struct vr_usb_config second = by_serial;
    usb_stub.devices[0].interfaces = 2;
    expect_refusal(&by_serial, VR_ERR_LINK, "choose with usb_interface");
    second.interface = 2;
    vr_usb_close(open_usb(&second));
    second.interface = 1;
    expect_refusal(&second, VR_ERR_LINK, "no interface 1");
}

Test(usb, takes_another_class_only_when_told)
{
    struct vr_usb_config told = by_serial;
    usb_stub.devices[0].class_code = 0x0a; /* CDC data: a tty's */
    expect_refusal(&by_serial, VR_ERR_LINK, "no vendor-specific interface");
    told.interface = 0;
    vr_usb_close(open_usb(&told));
}

Test(usb, listens_to_a_device_that_only_talks)
{
    struct vr_usb_config meter = by_serial;
    usb_stub.devices[0].in_only = true;
    expect_refusal(&meter, VR_ERR_LINK, "bulk IN and OUT");
    meter.in_only = true;
    struct vr_usb *usb = open_usb(&meter);
    uint8_t bytes[64];
    usb_stub.in_ready = 40;
    cr_expect_eq(receive(usb, bytes, sizeof bytes), 40);
    vr_usb_close(usb);
}

Test(usb, lists_what_no_driver_has_made_something_of)
{
    struct vr_usb_entry *entries;
    struct vr_err err = {0};
    size_t count;
    add_device("adapter");
    add_device("busy");
    add_device("tty");
    usb_stub.devices[1].driver = "ftdi_sio";
    usb_stub.devices[2].driver = "usbfs";
    usb_stub.devices[3].class_code = 0x0a;
    cr_assert_eq(vr_usb_list_with(&usb_stub_ops, &entries, &count, &err), 0, "%s", err.text);
    cr_assert_eq(count, 2);
    cr_expect_str_eq(entries[0].serial, "A");
    cr_expect_eq(entries[0].vendor, 0x1209);
    cr_expect(!entries[0].is_taken);
    cr_expect_str_eq(entries[1].serial, "busy");
    cr_expect(entries[1].is_taken);
    free(entries);
}

Test(usb, says_that_it_cannot_list_instead_of_listing_nothing)
{
    struct vr_usb_entry *entries;
    struct vr_err err = {0};
    size_t count;
    usb_stub.list_error = LIBUSB_ERROR_NO_MEM;
    cr_expect_eq(vr_usb_list_with(&usb_stub_ops, &entries, &count, &err), -VR_ERR_LINK);
    cr_expect(strstr(err.text, "cannot list"), "%s", err.text);
    cr_expect(!usb_stub.is_started);
}

/* --- bytes ----------------------------------------------------------------------------------- */

Test(usb, rounds_transfers_up_to_whole_packets)
{
    struct vr_usb_config odd = by_serial;
    odd.transfer_size = 1000;
    usb_stub.devices[0].packet_size = 64;
    vr_usb_close(open_usb(&odd)); /* the stub asserts it of every IN transfer */
}

Test(usb, keeps_eight_transfers_under_way)
{
    struct vr_usb *usb = open_usb(&by_serial);
    uint8_t bytes[4096];
    cr_expect_eq(usb_stub_under_way(true), VR_USB_IN_COUNT);
    for (int i = 0; i < 100; i++) {
        usb_stub.in_ready = 3000;
        cr_expect_eq(receive(usb, bytes, sizeof bytes), 3000);
        cr_expect_eq(usb_stub_under_way(true), VR_USB_IN_COUNT);
    }
    cr_expect_eq(vr_usb_counts(usb)->bytes_in, 300000);
    vr_usb_close(usb);
}

Test(usb, ends_whole_packets_with_an_empty_one)
{
    struct vr_usb *usb = open_usb(&by_serial);
    uint8_t bytes[1024] = {0};
    cr_expect_eq(send(usb, bytes, 1024), 1024);
    receive(usb, bytes, sizeof bytes);
    cr_expect_eq(usb_stub.zero_packets, 1);
    cr_expect_eq(send(usb, bytes, 1000), 1000);
    receive(usb, bytes, sizeof bytes);
    cr_expect_eq(usb_stub.zero_packets, 1);
    vr_usb_close(usb);
}

Test(usb, waits_for_room_and_is_woken_by_it)
{
    struct vr_usb *usb = open_usb(&by_serial);
    static uint8_t bytes[200000];
    usb_stub.no_out = true;
    cr_expect_eq(send(usb, bytes, sizeof bytes), 4 * 16384);
    cr_expect_eq(send(usb, bytes, sizeof bytes), 0);
    cr_expect(would_wait(usb, true));
    usb_stub.no_out = false;
    receive(
        usb, bytes,
        sizeof bytes); /* this call takes note that there is room: no later event will tell */
    cr_expect(!would_wait(usb, true));
    cr_expect(would_wait(usb, false));
    vr_usb_close(usb);
}

Test(usb, does_not_sleep_on_bytes_that_send_took_note_of)
{
    struct vr_usb *usb = open_usb(&by_serial);
    uint8_t bytes[100] = {0};
    usb_stub.in_ready = 60;
    send(usb, bytes, 1);
    cr_expect(!would_wait(usb, false));
    cr_expect_eq(receive(usb, bytes, sizeof bytes), 60);
    cr_expect(would_wait(usb, false));
    vr_usb_close(usb);
}

Test(usb, sends_what_was_given_before_it_closes)
{
    struct vr_usb *usb = open_usb(&by_serial);
    uint8_t bytes[100] = {7};
    cr_expect_eq(send(usb, bytes, sizeof bytes), sizeof bytes);
    vr_usb_close(usb);
    cr_expect_eq(usb_stub.out_size, sizeof bytes);
}

/* --- going away ------------------------------------------------------------------------------ */

Test(usb, hears_everything_before_it_tells_that_the_device_is_gone)
{
    struct vr_usb *usb = open_usb(&by_serial);
    uint8_t bytes[100];
    size_t size;
    struct vr_err err = {0};
    usb_stub.in_ready = 150;
    cr_expect_eq(receive(usb, bytes, 60), 60);
    usb_stub_unplug();
    cr_expect_eq(receive(usb, bytes, sizeof bytes), 90);
    cr_expect_eq(vr_usb_receive(usb, bytes, sizeof bytes, &size, &err), -VR_ERR_LINK);
    cr_expect(strstr(err.text, "band: the device is gone"), "%s", err.text);
    cr_expect(!would_wait(usb, false));
    cr_expect_eq(vr_usb_send(usb, bytes, 1, &size, &err), -VR_ERR_LINK);
    vr_usb_close(usb);
}

Test(usb, believes_the_hotplug_note)
{
    struct vr_usb *usb = open_usb(&by_serial);
    uint8_t bytes[100];
    size_t size;
    struct vr_err err = {0};
    usb_stub_leave();
    int r = 0;
    for (int turn = 0; r == 0 && turn < 3; turn++)
        r = vr_usb_receive(usb, bytes, sizeof bytes, &size, &err);
    cr_expect_eq(r, -VR_ERR_LINK);
    cr_expect(strstr(err.text, "unplugged"), "%s", err.text);
    vr_usb_close(usb);
}

/* --- control requests ------------------------------------------------------------------------ */

Test(usb, asks_for_an_answer)
{
    struct vr_usb *usb = open_usb(&by_serial);
    const struct vr_usb_request request = {0xc0, 4, 1, 32, 1000};
    uint8_t answer[3];
    size_t size;
    struct vr_err err = {0};
    memcpy(usb_stub.control_answer, "abc", 3);
    cr_assert_eq(vr_usb_control(usb, &request, answer, 3, &size, &err), 0, "%s", err.text);
    cr_expect_eq(size, 3);
    cr_expect_arr_eq(answer, "abc", 3);
    cr_expect_eq(usb_stub.control.type, 0xc0);
    cr_expect_eq(usb_stub.control.request, 4);
    cr_expect_eq(usb_stub.control.value, 1);
    cr_expect_eq(usb_stub.control.index, 32);
    cr_expect_eq(usb_stub.control.timeout_ms, 1000);
    vr_usb_close(usb);
}

Test(usb, tells_and_keeps_what_comes_meanwhile)
{
    struct vr_usb *usb = open_usb(&by_serial);
    const struct vr_usb_request request = {0x40, 3, 0, 0, 1000};
    uint8_t told[] = {1, 16, 1}, bytes[64];
    size_t size;
    struct vr_err err = {0};
    usb_stub.in_ready = 40;
    cr_assert_eq(vr_usb_control(usb, &request, told, 3, &size, &err), 0, "%s", err.text);
    cr_expect_arr_eq(usb_stub.control.data, told, 3);
    cr_expect(!would_wait(usb, false));
    cr_expect_eq(receive(usb, bytes, sizeof bytes), 40);
    cr_expect_arr_eq(bytes, usb_stub.in_bytes, 40);
    vr_usb_close(usb);
}

Test(usb, says_how_a_request_failed)
{
    static const struct {
        int error;
        const char *words;
    } cases[] = {
        {LIBUSB_ERROR_PIPE, "refuses the USB request c0 04"},
        {LIBUSB_ERROR_TIMEOUT, "not answered the USB request c0 04 within 7 ms"},
        {LIBUSB_ERROR_NO_DEVICE, "is gone"},
        {LIBUSB_ERROR_IO, "LIBUSB_ERROR_IO"},
    };
    struct vr_usb *usb = open_usb(&by_serial);
    const struct vr_usb_request request = {0xc0, 4, 0, 0, 7};
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        uint8_t answer[3];
        size_t size = 99;
        struct vr_err err = {0};
        usb_stub.control_error = cases[i].error;
        cr_expect_eq(vr_usb_control(usb, &request, answer, 3, &size, &err), -VR_ERR_LINK);
        cr_expect(strstr(err.text, cases[i].words), "%s", err.text);
        cr_expect_eq(size, 0);
    }
    vr_usb_close(usb);
}

/* --- devices of packets ---------------------------------------------------------------------- */

Test(usb, chooses_the_setting_before_it_listens)
{
    struct vr_usb_config meter = by_serial;
    vr_usb_close(open_usb(&meter));
    cr_expect_eq(usb_stub.settings, 0);
    meter.sets_interface = true;
    struct vr_usb *usb = open_usb(&meter);
    cr_expect_str_eq(vr_usb_serial(usb), "A");
    vr_usb_close(usb);
    cr_expect_eq(usb_stub.settings, 1); /* the stub asserts that nothing was under way */
}

Test(usb, fills_a_short_packet_up)
{
    struct vr_usb_config meter = by_serial;
    static const uint8_t nothing[512];
    uint8_t bytes[2048];
    meter.whole_packets = true;
    struct vr_usb *usb = open_usb(&meter);
    usb_stub.in_ready = 512 + 40;
    cr_expect_eq(receive(usb, bytes, sizeof bytes), 1024);
    cr_expect_arr_eq(bytes, usb_stub.in_bytes, 552);
    cr_expect_arr_eq(bytes + 552, nothing, 1024 - 552);
    usb_stub.in_ready = 512;
    cr_expect_eq(receive(usb, bytes, sizeof bytes), 512);
    cr_expect_eq(vr_usb_counts(usb)->bytes_in, 1064);
    vr_usb_close(usb);
}
