#include <criterion/criterion.h>
#include <string.h>

#include "power/js110_calibration.h"
#include "simulate/simulate.h"
#include "wire/bytes.h"

/* A record of the simulated instrument, which makes it with code of its own. */
static uint8_t record[2048];
static size_t size;

static void setup(void)
{
    const struct vr_sim_config config = {0};
    const struct vr_sim_driver *driver = vr_sim_find("js110");
    struct vr_sim_meter *meter;
    struct vr_err err = {0};
    cr_assert_eq(vr_sim_create(driver, &config, &meter, &err), 0);
    int got = driver->control(vr_sim_state(meter), 0, 0xc0, 8, 1, 0, record, sizeof record);
    cr_assert_gt(got, 100);
    size = (size_t)got;
    vr_sim_destroy(meter);
}

TestSuite(js110_calibration, .init = setup);

static void expect_refusal(const char *words)
{
    struct vr_js110_calibration calibration;
    struct vr_err err = {0};
    cr_expect_eq(vr_js110_calibration_read(record, size, &calibration, &err), -VR_ERR_INPUT);
    cr_expect(strstr(err.text, words), "\"%s\" is not in: %s", words, err.text);
}

/* Another polynomial, or another way to write it, than in the code that is tested. */
static uint32_t crc_by_table(const uint8_t *data, size_t count)
{
    uint32_t table[256], crc = 0xffffffff;
    for (uint32_t i = 0; i < 256; i++) {
        table[i] = i;
        for (int bit = 0; bit < 8; bit++)
            table[i] = table[i] & 1 ? 0xedb88320 ^ table[i] >> 1 : table[i] >> 1;
    }
    while (count-- > 0)
        crc = table[(crc ^ *data++) & 0xff] ^ crc >> 8;
    return ~crc;
}

/* A record with this JSON alone. */
static void make_record(const char *json)
{
    size_t length = strlen(json), part = (12 + length + 7) / 8 * 8;
    memset(record, 0, sizeof record);
    size = 32 + part;
    memcpy(record, "\xd3tagfmt \r\n \n  \x1a\x1c", 16);
    wire_put_u64(record + 16, size);
    wire_put_u32(record + 28, crc_by_table(record, 28));
    memcpy(record + 32, "AJS", 3);
    wire_put_u32(record + 36, (uint32_t)length);
    memcpy(record + 40, json, length);
    wire_put_u32(record + size - 4, crc_by_table(record + 32, part - 4));
}

Test(js110_calibration, reads_a_record)
{
    struct vr_js110_calibration calibration;
    struct vr_err err = {0};
    size_t whole;
    cr_assert_eq(vr_js110_calibration_size(record, &whole, &err), 0, "%s", err.text);
    cr_expect_eq(whole, size);
    cr_assert_eq(vr_js110_calibration_read(record, size, &calibration, &err), 0, "%s", err.text);
    cr_expect_eq(calibration.current[3].offset, -2817.25);
    cr_expect_float_eq(calibration.current[3].gain, 18e-3 / 12000 * 1.003, 1e-15);
    cr_expect_eq(calibration.voltage[1].offset, -2041.5);
    cr_expect_eq(calibration.voltage[0].gain, 9.5e-4);
}

Test(js110_calibration, takes_nan_for_no_range_and_not_in_strings)
{
    struct vr_js110_calibration calibration;
    struct vr_err err = {0};
    make_record(
        "{\"NaN\": \"\\\"NaN\", \"current\": {\"offset\": [1,2,3,4,5,6,7,NaN], \"gain\": "
        "[1,1,1,1,1,1,1,NaN,NaN]}, \"voltage\": {\"offset\": [-1,-2], \"gain\": [0.5, 0.25]}}");
    cr_assert_eq(vr_js110_calibration_read(record, size, &calibration, &err), 0, "%s", err.text);
    cr_expect_eq(calibration.current[6].offset, 7);
    cr_expect_eq(calibration.voltage[1].gain, 0.25);
}

Test(js110_calibration, refuses_every_damaged_byte)
{
    for (size_t i = 0; i < size; i++) {
        struct vr_js110_calibration calibration;
        record[i] ^= 0x10;
        cr_expect_eq(
            vr_js110_calibration_read(record, size, &calibration, NULL), -VR_ERR_INPUT, "%zu", i);
        record[i] ^= 0x10;
    }
}

Test(js110_calibration, refuses_every_cut)
{
    for (size_t whole = size; size > 0; size--) {
        struct vr_js110_calibration calibration;
        int r = vr_js110_calibration_read(record, size, &calibration, NULL);
        cr_expect_eq(r, size == whole ? 0 : -VR_ERR_INPUT);
    }
}

Test(js110_calibration, says_what_is_wrong)
{
    make_record("{\"current\": 1");
    struct vr_js110_calibration calibration;
    cr_expect_eq(vr_js110_calibration_read(record, size, &calibration, NULL), -VR_ERR_INPUT);
    make_record("[1]");
    expect_refusal("lacks the offset or gain of a range");
    make_record("{\"current\": {\"offset\": [1,2,3,4,5,6,NaN], \"gain\": [1,1,1,1,1,1,1]}, "
                "\"voltage\": {\"offset\": [-1,-2], \"gain\": [0.5, 0.25]}}");
    expect_refusal("lacks the offset or gain of a range");
    make_record("{\"current\": {\"offset\": [1,2,3,4,5,6,7], \"gain\": [1,1,0,1,1,1,1]}, "
                "\"voltage\": {\"offset\": [-1,-2], \"gain\": [0.5, 0.25]}}");
    expect_refusal("lacks the offset or gain of a range");
    memcpy(record + 32, "XYZ", 3);
    wire_put_u32(record + size - 4, crc_by_table(record + 32, size - 36));
    expect_refusal("has no numbers in it");
    record[0] = 0;
    expect_refusal("does not begin as one");
}
