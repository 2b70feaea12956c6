/* A bench of devices that are there and good, for tests of what is pure. */
#ifndef TESTS_UNIT_SERVICE_FAKE_BENCH_H
#define TESTS_UNIT_SERVICE_FAKE_BENCH_H

#include "service/bench.h"

#define FAKE_BENCH_MAX 8

struct fake_bench {
    struct vr_rig_dut duts[FAKE_BENCH_MAX];
    struct vr_rig rig;
    struct vr_bench bench;
    int changes;        /* told */
    char last_word[16]; /* told last */
};

/* "band-a:band,band-b:band,clip:clip": names and models; each has a health check. */
void fake_bench_make(struct fake_bench *fake, const char *duts);
void fake_bench_finish(struct fake_bench *fake);

#endif
