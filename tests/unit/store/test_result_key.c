/* The result key: fixed text, fixed digest, every input in it. */
#include <criterion/criterion.h>
#include <string.h>

#include "store/result_key.h"

static struct vr_result_key_input input(void)
{
    return (struct vr_result_key_input){
        .scenario_sha256 = "5ce7",
        .record_sha256 = "ab12",
        .window_start = 720,
        .window_count = 3600,
        .firmware_name = "vitalrig-stub",
        .firmware_version = "0.1.0",
        .firmware_git = "9c1e7d2",
        .firmware_hash = "",
        .algorithm = "ecg_qrs",
        .pace = "max",
        .model = "band",
        .seed = UINT64_MAX,
        .repeat = 2,
        .scorer_version = 1,
    };
}

Test(result_key, is_the_digest_of_the_text_in_the_contract)
{
    static const char text[] = "vitalrig_result_key=2\n"
                               "scenario_sha256=5ce7\n"
                               "record_sha256=ab12\n"
                               "window_start=720\n"
                               "window_count=3600\n"
                               "firmware_name=vitalrig-stub\n"
                               "firmware_version=0.1.0\n"
                               "firmware_git=9c1e7d2\n"
                               "firmware_hash=\n"
                               "algorithm=ecg_qrs\n"
                               "pace=max\n"
                               "model=band\n"
                               "seed=18446744073709551615\n"
                               "repeat=2\n"
                               "scorer_version=1\n";
    struct vr_result_key_input in = input();
    char key[VR_DIGEST_HEX_SIZE], expected[VR_DIGEST_HEX_SIZE];
    vr_result_key(&in, key);
    vr_digest_bytes(text, strlen(text), expected);
    cr_expect_str_eq(key, expected);
    cr_expect_str_eq(
        key, "676a7856b0999bc1a128dc5704dad199679be37deb546b5e7e47030717e1c469",
        "the key of a result never changes");
}

Test(result_key, has_a_line_for_the_signal_only_where_something_else_makes_it)
{
    struct vr_result_key_input without = input(), with = input(), other = input();
    char keys[4][VR_DIGEST_HEX_SIZE];
    without.signal = "";
    with.signal = "snr_db=6";
    other.signal = "snr_db=0";
    struct vr_result_key_input plain = input();
    vr_result_key(&plain, keys[0]);
    vr_result_key(&without, keys[1]);
    vr_result_key(&with, keys[2]);
    vr_result_key(&other, keys[3]);
    cr_expect_str_eq(keys[0], keys[1]);
    cr_expect_str_neq(keys[1], keys[2]);
    cr_expect_str_neq(keys[2], keys[3]);
}

Test(result_key, has_a_line_for_the_inputs_shape_only_where_there_is_one)
{
    struct vr_result_key_input without = input(), with = input();
    char key_without[VR_DIGEST_HEX_SIZE], key[VR_DIGEST_HEX_SIZE], expected[VR_DIGEST_HEX_SIZE];
    without.input_shape = "";
    vr_result_key(&without, key_without);
    vr_result_key(&with, key);
    cr_expect_str_eq(key_without, key, "keys of old results stay");
    static const char text[] =
        "vitalrig_result_key=2\nscenario_sha256=\nrecord_sha256=\nwindow_start=0\n"
        "window_count=0\nfirmware_name=\nfirmware_version=\nfirmware_git=\n"
        "firmware_hash=\nalgorithm=\npace=\nmodel=\nseed=0\nrepeat=0\n"
        "scorer_version=0\ninput_shape=window 3\n";
    vr_result_key(&(struct vr_result_key_input){.input_shape = "window 3"}, key);
    vr_digest_bytes(text, strlen(text), expected);
    cr_expect_str_eq(key, expected);
}

Test(result_key, of_a_known_image_needs_nothing_that_only_a_device_tells)
{
    struct vr_result_key_input in = input();
    char before[VR_DIGEST_HEX_SIZE], after[VR_DIGEST_HEX_SIZE];
    in.firmware_hash = "0bad1dea";
    vr_result_key(&in, after);
    in.firmware_name = in.firmware_version = NULL;
    in.firmware_git = "";
    vr_result_key(&in, before);
    cr_expect_str_eq(before, after);
}

Test(result_key, of_a_paced_replay_has_its_speed)
{
    struct vr_result_key_input in = input(), same = input();
    char key[VR_DIGEST_HEX_SIZE], other[VR_DIGEST_HEX_SIZE];
    in.speed_milli = 1500;
    vr_result_key(&in, key);
    same.pace = "1500";
    vr_result_key(&same, other);
    cr_expect_str_eq(key, other);
}

Test(result_key, depends_on_every_input)
{
    enum { INPUTS = 16 };
    struct vr_result_key_input in[INPUTS + 1];
    char keys[INPUTS + 1][VR_DIGEST_HEX_SIZE];
    for (size_t i = 0; i <= INPUTS; i++)
        in[i] = input();
    in[1].scenario_sha256 = "x";
    in[2].record_sha256 = "x";
    in[3].window_start = 1;
    in[4].window_count = 1;
    in[5].firmware_name = "x";
    in[6].firmware_version = "x";
    in[7].firmware_git = "x";
    in[8].firmware_hash = "x";
    in[9].algorithm = "x";
    in[10].pace = "silent";
    in[11].seed = 1;
    in[12].repeat = 1;
    in[13].scorer_version = 2;
    in[14].input_shape = "x";
    in[15].model = "x";
    in[16].speed_milli = 1000;
    for (size_t i = 0; i <= INPUTS; i++) {
        vr_result_key(&in[i], keys[i]);
        for (size_t j = 0; j < i; j++)
            cr_expect_str_neq(keys[i], keys[j], "inputs %zu and %zu", i, j);
    }
}

Test(result_key, cannot_be_forged_by_a_name_with_a_line_break)
{
    struct vr_result_key_input one = input(), two = input(), three = input();
    char key_one[VR_DIGEST_HEX_SIZE], key_two[VR_DIGEST_HEX_SIZE], key_three[VR_DIGEST_HEX_SIZE];
    one.firmware_name = "x\nfirmware_version=1";
    one.firmware_version = NULL;
    two.firmware_name = "x";
    two.firmware_version = "1\nfirmware_version=";
    three.firmware_name = "x%0Afirmware_version=1";
    three.firmware_version = "";
    vr_result_key(&one, key_one);
    vr_result_key(&two, key_two);
    vr_result_key(&three, key_three);
    cr_expect_str_neq(key_one, key_two);
    cr_expect_str_neq(key_one, key_three);
}
