#include <criterion/criterion.h>
#include <string.h>

#include "power/js220_frames.h"

/* port 21, 508 bytes, id 0x1234: 21 << 25 | 508 << 16 | 0x1234 */
Test(js220_frames, reads_a_header)
{
    static const uint8_t packet[512] = {0x34, 0x12, 0xfc, 0x2b};
    struct vr_js220_frame frame;
    cr_assert(vr_js220_frame_read(packet, &frame));
    cr_expect_eq(frame.id, 0x1234);
    cr_expect_eq(frame.port, 21);
    cr_expect_eq(frame.size, 508);
    cr_expect_eq(frame.payload, packet + 4);
}

Test(js220_frames, writes_what_is_published)
{
    static const struct vr_js220_value value = {
        .topic = "s/i/ctrl", .type = VR_JS220_U32, .number = 1};
    uint8_t payload[508], packet[512], expected[44] = "s/i/ctrl";
    expected[32] = 10;
    expected[33] = 1; /* retained */
    expected[36] = 1;
    size_t size = vr_js220_value_write(payload, &value);
    cr_assert_eq(size, 44);
    cr_expect_arr_eq(payload, expected, 44);
    const struct vr_js220_frame frame = {7, VR_JS220_PUBLISH, payload, size};
    cr_expect_eq(vr_js220_frame_write(packet, &frame), 48);
    static const uint8_t header[] = {7, 0, 44, 2};
    cr_expect_arr_eq(packet, header, 4);
    struct vr_js220_frame read;
    struct vr_js220_value back;
    cr_assert(vr_js220_frame_read(packet, &read) && vr_js220_value_read(&read, &back));
    cr_expect_str_eq(back.topic, "s/i/ctrl");
    cr_expect_eq(back.number, 1);
}

Test(js220_frames, reads_a_connect)
{
    uint8_t payload[24] = {1, 0, 0, 0, 2, 0, 3, 1, 9, 0, 0, 0, 4, 0, 2, 1};
    struct vr_js220_frame frame = {0, VR_JS220_ADMIN, payload, 24};
    struct vr_js220_connect connect;
    cr_assert(vr_js220_connect_read(&frame, &connect));
    cr_expect_eq(connect.protocol, 0x01030002);
    cr_expect_eq(connect.firmware, 0x01020004);
    frame.size = 23;
    cr_expect(!vr_js220_connect_read(&frame, &connect));
    payload[1] = 5; /* refused: nothing follows */
    frame.size = 4;
    cr_expect(vr_js220_connect_read(&frame, &connect));
    cr_expect_eq(connect.status, 5);
}

/* 2018-01-01T00:00:01.5 = 1.5 * 2^30 */
Test(js220_frames, answers_with_the_time)
{
    uint8_t question[44] = {3, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4, 5, 6, 7, 8};
    uint8_t answer[44];
    const struct vr_js220_frame frame = {0, VR_JS220_ADMIN, question, 44};
    cr_assert(vr_js220_timesync_answer(
        &frame, INT64_C(1514764801500000000), INT64_C(1514764802000000000), answer));
    cr_expect_arr_eq(answer, question, 20); /* op and count come back */
    static const uint8_t times[24] = {0, 0, 0, 0x60, 0, 0, 0, 0, 0, 0, 0, 0x80};
    cr_expect_arr_eq(answer + 20, times, 24);
    question[0] = 4;
    cr_expect(!vr_js220_timesync_answer(&frame, 0, 0, answer));
}
