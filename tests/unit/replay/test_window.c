#include "replay/window.h"

#include <criterion/criterion.h>

#include "wire/protocol.h"

static void add_frames(struct vr_window *window, size_t count)
{
    for (size_t i = 0; i < count; i++) {
        uint8_t *payload = vr_window_claim(window);
        cr_assert_not_null(payload);
        payload[0] = (uint8_t)i;
        struct wire_header header = {.type = WIRE_SAMPLES, .session = 1};
        vr_window_add(window, &header, 1);
    }
}

static struct wire_header send_next(struct vr_window *window)
{
    uint8_t encoded[WIRE_ENCODED_MAX(64)], decoded[WIRE_DECODER_SIZE(64)];
    struct vr_window_frame frame;
    size_t size = vr_window_encode_next(window, encoded, sizeof encoded, &frame);
    cr_assert_gt(size, 0);
    struct wire_decoder decoder;
    size_t used;
    wire_decoder_init(&decoder, decoded, sizeof decoded);
    cr_assert_eq(wire_decoder_push(&decoder, encoded, size, &used), WIRE_EVENT_FRAME);
    return decoder.header;
}

static void with_window(void (*test)(struct vr_window *))
{
    struct vr_window window;
    struct vr_err err;
    cr_assert_eq(vr_window_init(&window, 64, &err), 0);
    test(&window);
    vr_window_finish(&window);
}

static void fills_up(struct vr_window *window)
{
    add_frames(window, VR_WINDOW_FRAMES);
    cr_expect_null(vr_window_claim(window));
    cr_expect_eq(vr_window_acknowledge(window, 1), 0, "not sent yet");
    send_next(window);
    cr_expect_eq(vr_window_acknowledge(window, 1), 1);
    cr_expect_not_null(vr_window_claim(window));
}

Test(window, holds_so_many_frames_and_no_more)
{
    with_window(fills_up);
}

static void marks_resent(struct vr_window *window)
{
    add_frames(window, 3);
    for (int i = 0; i < 3; i++)
        cr_expect_eq(send_next(window).flags, 0);
    vr_window_acknowledge(window, 1);
    vr_window_rewind(window);
    struct wire_header first = send_next(window);
    cr_expect_eq(first.seq, 1);
    cr_expect_eq(first.flags, WIRE_FLAG_RESENT | WIRE_FLAG_POLL);
    cr_expect_eq(send_next(window).flags, WIRE_FLAG_RESENT);
}

Test(window, says_that_a_frame_is_sent_again)
{
    with_window(marks_resent);
}

static void ignores_stale(struct vr_window *window)
{
    add_frames(window, 10);
    for (int i = 0; i < 10; i++)
        send_next(window);
    cr_expect_eq(vr_window_acknowledge(window, 8), 8);
    cr_expect_eq(vr_window_acknowledge(window, 3), 0, "an old acknowledgement on its way");
    cr_expect_eq(vr_window_acknowledge(window, 11), 0, "a frame that was never sent");
    cr_expect_eq(window->acked, 8);
}

Test(window, ignores_acknowledgements_outside_of_itself)
{
    with_window(ignores_stale);
}

static void wraps(struct vr_window *window)
{
    for (int64_t i = 0; i < 70000; i++) {
        add_frames(window, 1);
        cr_assert_eq(send_next(window).seq, (uint16_t)i);
        cr_assert_eq(vr_window_acknowledge(window, (uint16_t)(i + 1)), 1);
    }
}

Test(window, passes_the_wrap_of_sequence_numbers)
{
    with_window(wraps);
}
