/* A PowerShield in virtual time: a world that is known, the simulated instrument, the driver's decoder. */
#ifndef VR_TESTS_SHIELD_LOOP_H
#define VR_TESTS_SHIELD_LOOP_H

#include "base/rng.h"
#include "power/power.h"
#include "power/powershield.h"
#include "simulate/simulate.h"

/* 20 uA, and 8 mA for 5.4 ms of each 37.3 ms; line 2 falls 13.1 ms after each quarter of a second. */
extern const struct vr_sim_world shield_world;
#define SHIELD_PULSE_NS 37.3e6
#define SHIELD_FALL_NS(n, start_ns) ((start_ns) + (n)*250e6 + 13.1e6)

#define SHIELD_SAMPLES_MAX 1000000
#define SHIELD_NOTES_MAX 64

struct shield_case {
    struct vr_powershield_mode mode;
    double clock_ppm, noise;
    struct vr_sim_fault faults[8];
    size_t fault_count;
};

struct shield_loop {
    struct vr_sim_meter *meter;
    const struct vr_sim_driver *driver;
    struct vr_power_info info;
    struct vr_power_decoder *decoder;
    int64_t now_ns;
    struct vr_rng pieces; /* in which bytes come: 1 to 40 */
    size_t count;         /* samples */
    double *values;
    uint8_t *lines, *ranges;
    size_t gap_count, note_count, anchor_count;
    struct vr_power_gap gaps[SHIELD_NOTES_MAX];
    char notes[SHIELD_NOTES_MAX][256];
    int64_t anchors[20000][2]; /* index, ns */
    const char *broken;        /* a promise of the decoder that it did not keep; NULL = none */
};

/* Set and started, with nothing sent yet.  Aborts when the simulated instrument refuses a command. */
struct shield_loop *shield_loop_create(const struct shield_case *test);
void shield_loop_run(struct shield_loop *loop, double seconds);
/* Bytes straight to the decoder. */
void shield_loop_feed(struct shield_loop *loop, const void *data, size_t size);
void shield_loop_end(
    struct shield_loop *loop); /* stop, what comes then, and the end of the stream */
void shield_loop_destroy(struct shield_loop *loop);

/* Of samples [first, end), J; NaN if one is missing. */
double shield_loop_joules(const struct shield_loop *loop, size_t first, size_t end);
double shield_loop_true_joules(const struct shield_loop *loop, size_t first, size_t end);
/* Whether the sample is missing, or a gap says that it may not be the one that it seems to be. */
bool shield_loop_is_doubtful(const struct shield_loop *loop, size_t index);
/* Samples that are not doubtful and are not within `part` of the truth. */
size_t shield_loop_wrong(const struct shield_loop *loop, double part);
bool shield_loop_has_note(const struct shield_loop *loop, const char *words);

#endif
