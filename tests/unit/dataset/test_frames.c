/* dataset/frames: signals of different rates side by side. */
#include "dataset/frames.h"
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
