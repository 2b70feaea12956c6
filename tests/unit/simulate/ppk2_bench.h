/* A simulated PPK2 on a bench in virtual time, and the other side's arithmetic: its words are decoded with the text that it sends and the
 * published formula, with nothing of the simulator. */
#ifndef TEST_SIMULATE_PPK2_BENCH_H
#define TEST_SIMULATE_PPK2_BENCH_H

#include <criterion/criterion.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "simulate/faults.h"
#include "simulate/world.h"

enum { SAMPLES_MAX = 3000000, RATE = 100000 };

static struct vr_world *world;
static struct vr_sim_fault faults[VR_SIM_FAULTS_MAX];
static struct vr_sim_config config;
static struct vr_sim_meter *meter;
static const struct vr_sim_driver *driver;
static int64_t now_ns;

static uint8_t bytes[4 * SAMPLES_MAX];
static size_t byte_count;

/* --- a bench --- */

static inline void setup_model(const struct vr_world_model *model)
{
    struct vr_err err;
    now_ns = 3 * VR_NS_PER_S;
    driver = vr_sim_find("ppk2");
    cr_assert_not_null(driver);
    cr_assert_eq(vr_world_create(model, now_ns, &world, &err), 0);
    config.world = vr_world_view(world);
    config.faults = faults;
    cr_assert_eq(vr_sim_create(driver, &config, &meter, &err), 0);
}

static inline void setup(void)
{
    struct vr_world_model model;
    vr_world_model_init(&model);
    setup_model(&model);
}

static inline void teardown(void)
{
    vr_sim_destroy(meter);
    vr_world_destroy(world);
    meter = NULL;
    world = NULL;
}

static inline void setup_faults(const char *script)
{
    struct vr_err err;
    cr_assert_eq(vr_sim_faults_parse(script, RATE, faults, &config.fault_count, &err), 0);
    setup();
}

static inline void command(const char *text, size_t size)
{
    driver->receive(vr_sim_state(meter), now_ns, (const uint8_t *)text, size);
}

#define COMMAND(text) command(text, sizeof text - 1)

/* Take what there is by now. */
static inline void take(void)
{
    size_t size;
    do {
        size = driver->transmit(
            vr_sim_state(meter), now_ns, bytes + byte_count, sizeof bytes - byte_count);
        byte_count += size;
    } while (size > 0);
}

static inline void run(int64_t duration_ns)
{
    now_ns += duration_ns;
    take();
}

static inline void power_and_start(void)
{
    COMMAND("\x0d\x0b\xb8\x11\x02\x0c\x01\x06"); /* 3000 mV, source, on, start */
}

/* --- the other side's arithmetic --- */

struct calibration {
    double vdd_mv, r[5], gs[5], gi[5], o[5], s[5], i[5], ug[5];
};

static inline double value_of(const char *text, const char *key)
{
    char line[32];
    snprintf(line, sizeof line, "\n%s: ", key);
    const char *found = strstr(text, line);
    cr_assert_not_null(found, "no %s in %s", key, text);
    return strtod(found + strlen(line), NULL);
}

static inline struct calibration ask(void)
{
    static char text[4096];
    struct calibration c;
    byte_count = 0;
    COMMAND("\x19");
    take();
    cr_assert_lt(byte_count, sizeof text);
    memcpy(text, bytes, byte_count);
    text[byte_count] = '\0';
    byte_count = 0;
    static const char *const keys[] = {"R", "GS", "GI", "O", "S", "I", "UG"};
    double *const columns[] = {c.r, c.gs, c.gi, c.o, c.s, c.i, c.ug};
    for (size_t k = 0; k < 7; k++)
        for (int r = 0; r < 5; r++) {
            char key[8];
            snprintf(key, sizeof key, "%s%d", keys[k], r);
            columns[k][r] = value_of(text, key);
        }
    c.vdd_mv = value_of(text, "VDD");
    return c;
}

static inline uint32_t word(size_t index)
{
    const uint8_t *at = bytes + 4 * index;
    cr_assert_lt(4 * index + 3, byte_count);
    return at[0] | (uint32_t)at[1] << 8 | (uint32_t)at[2] << 16 | (uint32_t)at[3] << 24;
}

static inline unsigned range_of(size_t index)
{
    return word(index) >> 14 & 7;
}

static inline unsigned counter_of(size_t index)
{
    return word(index) >> 18 & 63;
}

static inline unsigned lines_of(size_t index)
{
    return word(index) >> 24;
}

static inline double amperes_of(const struct calibration *c, size_t index)
{
    const double adc4 = 4.0 * (word(index) & 0x3fff);
    const unsigned r = range_of(index);
    const double x = (adc4 - c->o[r]) * (1.8 / 163840) / c->r[r];
    return c->ug[r] * (x * (c->gs[r] * x + c->gi[r]) + c->s[r] * c->vdd_mv / 1000 + c->i[r]);
}

static inline double coulombs_of(const struct calibration *c, size_t first, size_t end)
{
    double sum = 0;
    for (size_t i = first; i < end; i++)
        sum += amperes_of(c, i);
    return sum / RATE;
}

#endif
