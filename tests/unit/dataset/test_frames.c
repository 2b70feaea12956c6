/* dataset/frames: signals of different rates side by side. */
#include "dataset/frames.h"
#include "edf_bytes.h"
#include "scratch.h"

#include "base/cleanup.h"

TestSuite(frames, .init = scratch_make, .fini = scratch_remove);

Test(frames, samples_stand_in_the_order_of_the_file)
{
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
    struct vr_frames frames;
    struct vr_err err = {0};
    int32_t values[16];
    scratch_text("r.hea", "r 2 10 4\nr.dat 16x3 200\nr.dat 16 200\n");
    scratch_write(
        "r.dat", "\0\0\1\0\2\0\3\0\4\0\5\0\6\0\7\0\x8\0\x9\0\xa\0\xb\0\xc\0\xd\0\xe\0\xf\0", 32);
    cr_assert_eq(vr_dataset_open("auto", scratch, "r", &dataset, &err), 0, "%s", err.text);
    cr_assert_eq(vr_frames_init_all(&frames, dataset, &err), 0);
    cr_assert(frames.frame_samples == 4 && frames.signal_count == 2);
    cr_assert(frames.samples_per_frame[0] == 3 && frames.samples_per_frame[1] == 1);
    cr_assert_eq(vr_frames_read(&frames, 0, 4, values, &err), 0);
    for (int i = 0; i < 16; i++)
        cr_assert_eq(values[i], i);
    cr_assert_eq(vr_frames_read(&frames, 2, 1, values, &err), 0);
    cr_assert(values[0] == 8 && values[3] == 11);

    cr_assert_eq(vr_frames_init(&frames, dataset, 1, 1, &err), 0);
    cr_assert_eq(vr_frames_read(&frames, 1, 3, values, &err), 0);
    cr_assert(values[0] == 7 && values[1] == 11 && values[2] == 15);
    cr_assert_eq(vr_frames_read(&frames, 1, 4, values, &err), -VR_ERR_INPUT);
}

/* Ticks of an EDF record are finer than its signals: 100 a second here, of 2 Hz and 1/2 Hz, with a gap that leaves the slow
 * signal a sample less at its end than the frames need. */
Test(frames, of_finer_ticks_a_frame_is_what_the_signals_share)
{
    static const struct edf_bytes_signal signals[] = {
        {"fast", "uV", "-1", "1", "-1000", "1000", "4"},
        {"EDF Annotations", "", "-1", "1", "-32768", "32767", "8"},
        {"slow", "uV", "-1", "1", "-1000", "1000", "1"},
    };
    static struct edf_bytes edf;
    _cleanup_(vr_dataset_closep) struct vr_dataset *dataset = NULL;
    struct vr_frames frames;
    struct vr_err err = {0};
    int32_t values[16];
    edf_bytes_header(&edf, "0", "EDF+D", "2", "2", signals, 3);
    edf_bytes_samples(&edf, (int16_t[]){1, 2, 3, 4}, 4);
    edf_bytes_lists(&edf, "+0\x14\x14", 4, 8);
    edf_bytes_samples(&edf, (int16_t[]){5}, 1);
    edf_bytes_samples(&edf, (int16_t[]){6, 7, 8, 9}, 4);
    edf_bytes_lists(&edf, "+2.9\x14\x14", 6, 8);
    edf_bytes_samples(&edf, (int16_t[]){10}, 1);
    scratch_write("r.edf", edf.bytes, edf.size);
    cr_assert_eq(vr_dataset_open("auto", scratch, "r", &dataset, &err), 0, "%s", err.text);
    cr_assert_eq(vr_dataset_record(dataset)->rate_num, 100);
    cr_assert_eq(vr_frames_init_all(&frames, dataset, &err), 0, "%s", err.text);
    cr_assert(frames.rate.num == 1 && frames.rate.den == 2 && frames.frame_samples == 5);
    cr_assert_eq(frames.frame_count, 3);
    cr_assert_eq(vr_frames_read(&frames, 0, 3, values, &err), 0, "%s", err.text);
    const int32_t none = VR_SAMPLE_INVALID;
    const int32_t expected[] = {1, 2, 3, 4, 5, none, none, 6, 7, 10, 8, 9, none, none, none};
    cr_assert_arr_eq(values, expected, sizeof expected);
    cr_assert_eq(vr_frames_read(&frames, 0, 4, values, &err), -VR_ERR_INPUT);

    cr_assert_eq(vr_frames_init(&frames, dataset, 1, 1, &err), 0);
    cr_assert(frames.rate.num == 1 && frames.rate.den == 2 && frames.frame_count == 2);
    cr_assert_eq(vr_frames_init(&frames, dataset, 0, 1, &err), 0);
    cr_assert(frames.rate.num == 2 && frames.rate.den == 1 && frames.frame_count == 10);
}
