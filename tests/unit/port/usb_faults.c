/* Rows U1 to U4 of the fault matrix: what goes wrong on USB, and what the port must make of it.
 *
 *     usb_faults [SEEDS]      each row with seeds 1 to SEEDS; a failure prints its row and seed
 *
 * A plain program, so that under sanitizers leaks and uses after free are seen. */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "usb_stub.h"

#define EXCHANGE_SIZE (192 * 1024) /* B each way */
#define TURNS_MAX 20000
#define CLOSE_MAX_NS VR_NS_PER_S /* promised; on a busy machine it is far below */

enum { NOTHING, PARTIAL = USB_STUB_PARTIAL, HOLDING = USB_STUB_PARTIAL | USB_STUB_HOLDS };
enum outcome { GOES_ON, LINK_ERROR };

/* at: index of the transfer at which the fault comes; each seed adds a few of its own. */
struct row {
    const char *name;
    struct usb_stub_fault fault;
    enum outcome outcome;
    const char *words; /* in the error */
    int clears_min;
};

static const struct row rows[] = {
    {"U1 IN stalls once", {true, 3, 1, LIBUSB_TRANSFER_STALL, PARTIAL}, GOES_ON, "", 1},
    {"U1 IN stalls once and holds the others",
     {true, 3, 1, LIBUSB_TRANSFER_STALL, HOLDING},
     GOES_ON,
     "",
     1},
    {"U1 OUT stalls once", {false, 3, 1, LIBUSB_TRANSFER_STALL, PARTIAL}, GOES_ON, "", 1},
    {"U1 OUT stalls once and holds the others",
     {false, 3, 1, LIBUSB_TRANSFER_STALL, HOLDING},
     GOES_ON,
     "",
     1},
    {"U1 IN stalls again",
     {true, 3, 1000, LIBUSB_TRANSFER_STALL, NOTHING},
     LINK_ERROR,
     "stalls",
     1},
    {"U1 OUT stalls again",
     {false, 3, 1000, LIBUSB_TRANSFER_STALL, NOTHING},
     LINK_ERROR,
     "stalls",
     1},
    {"U2 IN overflows", {true, 2, 3, LIBUSB_TRANSFER_OVERFLOW, PARTIAL}, GOES_ON, "", 0},
    {"U2 IN times out with a part",
     {true, 2, 3, LIBUSB_TRANSFER_TIMED_OUT, PARTIAL},
     GOES_ON,
     "",
     0},
    {"U2 IN ends empty", {true, 2, 3, LIBUSB_TRANSFER_COMPLETED, NOTHING}, GOES_ON, "", 0},
    {"U2 IN ends short", {true, 2, 9, LIBUSB_TRANSFER_COMPLETED, PARTIAL}, GOES_ON, "", 0},
    {"U2 OUT times out with a part",
     {false, 2, 1, LIBUSB_TRANSFER_TIMED_OUT, PARTIAL},
     LINK_ERROR,
     "only a part",
     0},
    {"U3 IN fails as after an unplug",
     {true, 3, 1, LIBUSB_TRANSFER_ERROR, PARTIAL},
     LINK_ERROR,
     "gone",
     0},
    {"U3 OUT fails as after an unplug",
     {false, 3, 1, LIBUSB_TRANSFER_ERROR, PARTIAL},
     LINK_ERROR,
     "gone",
     0},
    {"U3 IN tells no device",
     {true, 3, 1, LIBUSB_TRANSFER_NO_DEVICE, NOTHING},
     LINK_ERROR,
     "gone",
     0},
    {"U3 OUT tells no device",
     {false, 3, 1, LIBUSB_TRANSFER_NO_DEVICE, NOTHING},
     LINK_ERROR,
     "gone",
     0},
};

static const struct vr_usb_config config = {.name = "band", .serial = "A", .interface = -1};

static uint8_t received[2 * EXCHANGE_SIZE], sent[2 * EXCHANGE_SIZE];
static size_t received_size, sent_size;
static char complaint[VR_ERR_TEXT_SIZE + 256];

/* Keep the first complaint. */
static void complain(int line, const char *format, ...) __attribute__((format(printf, 2, 3)));

static void complain(int line, const char *format, ...)
{
    va_list arguments;
    int used = snprintf(complaint, sizeof complaint, "line %d: ", line);
    va_start(arguments, format);
    vsnprintf(complaint + used, sizeof complaint - (size_t)used, format, arguments);
    va_end(arguments);
}

#define REQUIRE(condition, ...) \
    do { \
        if (!(condition) && !complaint[0]) \
            complain(__LINE__, #condition ": " __VA_ARGS__); \
    } while (0)

/* --- the exchange --- */

static bool is_done(const struct vr_usb *usb)
{
    return sent_size == EXCHANGE_SIZE && received_size == EXCHANGE_SIZE &&
           vr_usb_counts(usb)->bytes_out == sent_size;
}

static int send_some(struct vr_usb *usb, struct vr_rng *rng, struct vr_err *err)
{
    size_t size = vr_rng_below(rng, 5) == 0 ? 16384 : vr_rng_below(rng, 3000), done;
    if (size > EXCHANGE_SIZE - sent_size)
        size = EXCHANGE_SIZE - sent_size;
    for (size_t i = 0; i < size; i++)
        sent[sent_size + i] = (uint8_t)vr_rng_next(rng);
    int r = vr_usb_send(usb, sent + sent_size, size, &done, err);
    sent_size += done;
    return r;
}

static int receive_some(struct vr_usb *usb, struct vr_rng *rng, struct vr_err *err)
{
    size_t done;
    int r = vr_usb_receive(usb, received + received_size, 1 + vr_rng_below(rng, 4096), &done, err);
    received_size += done;
    return r;
}

/* As the line does it: sending may fail first, but what came before is heard until receiving fails too.  Returns that failure. */
static int exchange(struct vr_usb *usb, struct vr_rng *rng, struct vr_err *err)
{
    size_t produced = 0;
    received_size = sent_size = 0;
    for (int turn = 0; turn < TURNS_MAX && !is_done(usb); turn++) {
        size_t more =
            vr_rng_below(rng, 4) == 0 ? 512 * vr_rng_below(rng, 8) : vr_rng_below(rng, 2000);
        if (more > EXCHANGE_SIZE - produced)
            more = EXCHANGE_SIZE - produced;
        produced += more;
        usb_stub.in_ready += more;
        struct vr_err send_err = {0};
        int sending = send_some(usb, rng, &send_err);
        int r = receive_some(usb, rng, err);
        REQUIRE(sending == 0 || strcmp(send_err.text, err->text) == 0 || r == 0, "%s", err->text);
        struct pollfd fds[VR_USB_FDS_MAX];
        if (usb_stub.is_unplugged &&
            r == 0) /* nobody must be left waiting for a device that is gone */
            REQUIRE(
                usb_stub.under_way_count > 0 ||
                    vr_usb_poll_fds(usb, false, fds, VR_USB_FDS_MAX) == 1,
                "a poll would sleep");
        if (r < 0)
            return r;
    }
    REQUIRE(is_done(usb), "only %zu sent and %zu received", sent_size, received_size);
    return 0;
}

/* Each byte that the device gave was received once and in order, and the other way round; what failed is missing at the end only. */
static void check_bytes(const struct vr_usb *usb, int result)
{
    REQUIRE(
        received_size == usb_stub.in_size &&
            memcmp(received, usb_stub.in_bytes, received_size) == 0,
        "received %zu B of %zu", received_size, usb_stub.in_size);
    REQUIRE(
        usb_stub.out_size <= sent_size && memcmp(sent, usb_stub.out_bytes, usb_stub.out_size) == 0,
        "the device took %zu B of %zu", usb_stub.out_size, sent_size);
    REQUIRE(result < 0 || usb_stub.out_size == sent_size, "%zu B sent", sent_size);
    REQUIRE(vr_usb_counts(usb)->bytes_in == usb_stub.in_size, "counted otherwise");
    REQUIRE(vr_usb_counts(usb)->bytes_out == usb_stub.out_size, "counted otherwise");
}

static void check_counts(const struct row *row, const struct vr_usb *usb)
{
    const struct vr_usb_counts *counts = vr_usb_counts(usb);
    bool is_stall = row->fault.status == LIBUSB_TRANSFER_STALL;
    REQUIRE(usb_stub.clears >= row->clears_min, "%d halts cleared", usb_stub.clears);
    REQUIRE(usb_stub.clears <= (is_stall ? 1 : 0), "%d halts cleared", usb_stub.clears);
    REQUIRE(counts->stalls == (uint64_t)usb_stub.clears, "stalls counted");
    REQUIRE(
        (counts->overflows > 0) == (row->fault.status == LIBUSB_TRANSFER_OVERFLOW), "overflows");
    REQUIRE((counts->timeouts > 0) == (row->fault.status == LIBUSB_TRANSFER_TIMED_OUT), "timeouts");
}

static void close_in_time(struct vr_usb *usb)
{
    int64_t started_ns = vr_clock_monotonic_ns();
    vr_usb_close(usb);
    int64_t took_ns = vr_clock_monotonic_ns() - started_ns;
    REQUIRE(took_ns <= CLOSE_MAX_NS, "close took %lld ms", (long long)(took_ns / VR_NS_PER_MS));
    REQUIRE(
        usb_stub.under_way_count == 0 && usb_stub.transfers == 0 && !usb_stub.is_started,
        "%d transfers are left", usb_stub.under_way_count);
}

static void run_row(const struct row *row, uint64_t seed)
{
    struct vr_rng rng;
    struct vr_usb *usb;
    struct vr_err err = {0};
    vr_rng_init(&rng, seed);
    usb_stub_reset(seed);
    usb_stub.fault = row->fault;
    usb_stub.fault.at += vr_rng_below(&rng, 5);
    int r = vr_usb_open_with(&usb_stub_ops, &config, &usb, &err);
    REQUIRE(r == 0, "%s", err.text);
    if (r < 0)
        return;
    r = exchange(usb, &rng, &err);
    REQUIRE((r < 0) == (row->outcome == LINK_ERROR), "result %d: %s", r, err.text);
    REQUIRE(r == 0 || err.code == VR_ERR_LINK, "error %d", err.code);
    REQUIRE(strstr(err.text, row->words), "%s", err.text);
    check_bytes(usb, r);
    check_counts(row, usb);
    close_in_time(usb);
}

/* --- U3: unplugged with n transfers under way, at a call or at close --- */

/* Let `out` transfers be under way beside the 8 IN ones, unplug, and see how it ends. */
static void run_unplug(unsigned in, unsigned out, bool at_close, uint64_t seed)
{
    struct vr_usb *usb;
    struct vr_err err = {0};
    struct vr_usb_config counted = config;
    uint8_t bytes[600] = {0};
    size_t size;
    int r = 0;
    usb_stub_reset(seed);
    usb_stub.no_out = true;
    counted.in_count = in;
    counted.out_count = out ? out : 1;
    REQUIRE(vr_usb_open_with(&usb_stub_ops, &counted, &usb, &err) == 0, "%s", err.text);
    for (unsigned i = 0; i < out; i++)
        REQUIRE(vr_usb_send(usb, bytes, sizeof bytes, &size, &err) == 0 && size > 0, "no room");
    REQUIRE(usb_stub.under_way_count == (int)(in + out), "%d under way", usb_stub.under_way_count);
    usb_stub_unplug();
    for (int turn = 0; !at_close && r == 0 && turn < 3; turn++)
        r = vr_usb_receive(usb, bytes, sizeof bytes, &size, &err);
    REQUIRE(at_close || (r == -VR_ERR_LINK && strstr(err.text, "gone")), "%d: %s", r, err.text);
    close_in_time(usb);
}

/* --- U4: refused at open --- */

struct refusal {
    const char *name;
    int open_error, claim_error, submit_error;
    unsigned memory_mb;
    size_t transfer_size;
    const char *words;
};

static const struct refusal refusals[] = {
    {"U4 no permission", LIBUSB_ERROR_ACCESS, 0, 0, 16, 0,
     "no permission for /dev/bus/usb/001/004"},
    {"U4 claimed by another program", 0, LIBUSB_ERROR_BUSY, 0, 16, 0, "fuser"},
    {"U4 memory used up by others", 0, 0, LIBUSB_ERROR_NO_MEM, 16, 0, "usbfs_memory_mb"},
    {"U4 memory limit too small", 0, 0, 0, 1, 512 * 1024, "the kernel allows 1024 KiB"},
    {"U4 unplugged while opening", LIBUSB_ERROR_NO_DEVICE, 0, 0, 16, 0, "went away"},
    {"U4 unplugged while starting", 0, 0, LIBUSB_ERROR_NO_DEVICE, 16, 0, "went away"},
};

static void run_refusal(const struct refusal *refusal, uint64_t seed)
{
    struct vr_usb *usb = NULL;
    struct vr_err err = {0};
    struct vr_usb_config sized = config;
    usb_stub_reset(seed);
    usb_stub.open_error = refusal->open_error;
    usb_stub.claim_error = refusal->claim_error;
    usb_stub.submit_error = refusal->submit_error;
    usb_stub.submit_error_at = (int)vr_rng_below(&usb_stub.rng, 8);
    usb_stub.memory_mb = refusal->memory_mb;
    sized.transfer_size = refusal->transfer_size;
    int r = vr_usb_open_with(&usb_stub_ops, &sized, &usb, &err);
    REQUIRE(r == -VR_ERR_LINK && !usb, "result %d", r);
    REQUIRE(strstr(err.text, refusal->words), "%s", err.text);
    REQUIRE(
        !usb_stub.is_open && !usb_stub.is_claimed && !usb_stub.is_started &&
            usb_stub.transfers == 0,
        "something was left open");
}

/* A kernel that never gives a transfer back must not hang the bench, nor may its memory be used again. */
static void run_stuck(void)
{
    struct vr_usb *usb;
    struct vr_err err = {0};
    usb_stub_reset(1);
    REQUIRE(vr_usb_open_with(&usb_stub_ops, &config, &usb, &err) == 0, "%s", err.text);
    usb_stub.is_stuck = true;
    int64_t started_ns = vr_clock_monotonic_ns();
    vr_usb_close(usb);
    REQUIRE(vr_clock_monotonic_ns() - started_ns <= CLOSE_MAX_NS, "close hung");
    REQUIRE(usb_stub.transfers == 12, "memory under way was freed");
    usb_stub.is_stuck = false;
    vr_usb_close(usb); /* it is still whole: this frees it, for the leak check */
    REQUIRE(usb_stub.transfers == 0, "%d transfers are left", usb_stub.transfers);
}

static int failures, test_number;

static void tell(const char *name, uint64_t seed)
{
    test_number++;
    if (complaint[0]) {
        failures++;
        printf("# seed %llu: %s\n", (unsigned long long)seed, complaint);
    }
    printf("%s %d - %s\n", complaint[0] ? "not ok" : "ok", test_number, name);
    complaint[0] = '\0';
}

int main(int argc, char **argv)
{
    uint64_t seeds = argc > 1 ? strtoull(argv[1], NULL, 10) : 200, seed;
    printf("TAP version 13\n# seeds 1 to %llu\n", (unsigned long long)seeds);
    for (size_t i = 0; i < sizeof rows / sizeof *rows; i++) {
        for (seed = 1; seed <= seeds && !complaint[0]; seed++)
            run_row(&rows[i], seed);
        tell(rows[i].name, seed - 1);
    }
    for (int at_close = 0; at_close < 2; at_close++) {
        for (seed = 1; seed <= seeds / 10 + 1 && !complaint[0]; seed++)
            for (unsigned in = 1; in <= 8; in++)
                for (unsigned out = 0; out <= 4; out++)
                    run_unplug(in, out, at_close, seed);
        tell(
            at_close ? "U3 unplugged before close, every number under way"
                     : "U3 unplugged before receive, every number under way",
            seed - 1);
    }
    for (size_t i = 0; i < sizeof refusals / sizeof *refusals; i++) {
        for (seed = 1; seed <= seeds / 10 + 1 && !complaint[0]; seed++)
            run_refusal(&refusals[i], seed);
        tell(refusals[i].name, seed - 1);
    }
    run_stuck();
    tell("close returns although a transfer never ends", 1);
    printf("1..%d\n", test_number);
    return failures > 0;
}
