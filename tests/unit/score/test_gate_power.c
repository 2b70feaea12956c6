/* What a gate against a baseline promises: of runs without a change no more than the stated share fails, one that misses a percent more
 * beats is caught, and one that is just at the limit passes no more often than stated. */
#include <criterion/criterion.h>
#include <math.h>

#include "base/rng.h"
#include "made_runs.h"

#define RECORDS 24
#define SIMULATIONS 200
#define ALPHA 0.05
#define LIMIT_PCT 0.2

/* Of 200 fair draws with the chance 0.05 more than 19 come once in 300: P(B > 19) = 0.0032. */
#define ALARMS_MAX 19

static int binomial(struct vr_rng *rng, int n, double p)
{
    int count = 0;
    for (int i = 0; i < n; i++)
        count += vr_rng_unit(rng) < p;
    return count;
}

/* One record: 1500 to 2500 beats, 0.1 to 5 % of them hard.  Both runs miss most of the hard ones; which of the others, is each one's own.
 * The run misses `more` of all beats besides, on the average, with a spread between records of a factor of 1.6. */
static void draw_record(
    struct vr_rng *rng, double more, struct made_record *run, struct made_record *baseline)
{
    int beats = 1500 + (int)vr_rng_below(rng, 1001);
    double hard = 0.001 * exp(vr_rng_unit(rng) * log(50));
    double spread = 0.47, more_here = more * exp(spread * vr_rng_normal(rng) - spread * spread / 2);
    int common = binomial(rng, beats, 0.8 * hard);
    baseline->missed = common + binomial(rng, beats - common, 0.2 * hard);
    run->missed = common + binomial(rng, beats - common, 0.2 * hard);
    run->missed += binomial(rng, beats - run->missed, more_here);
    run->found = beats - run->missed;
    baseline->found = beats - baseline->missed;
}

struct tally {
    int fail, pass, unsure;
};

static void judge_once(struct vr_rng *rng, double more, const char *scope, struct tally *tally)
{
    static char names[RECORDS][8];
    struct made_record records[2][RECORDS] = {0};
    struct made_run run, baseline;
    struct vr_gate_rows rows;
    for (size_t i = 0; i < RECORDS; i++) {
        snprintf(names[i], sizeof names[i], "%03zu", 100 + i);
        records[0][i].name = records[1][i].name = names[i];
        draw_record(rng, more, &records[0][i], &records[1][i]);
    }
    const struct vr_scenario_gate gate = {MADE_GATE(scope, VR_GATE_MAX_DECREASE, LIMIT_PCT)};
    made_open(&run, records[0], RECORDS);
    made_open(&baseline, records[1], RECORDS);
    made_judge(&run, &baseline, &gate, 1, &rows);
    tally->fail += strcmp(rows.items[0].verdict, "fail") == 0;
    tally->pass += strcmp(rows.items[0].verdict, "pass") == 0;
    tally->unsure += strcmp(rows.items[0].verdict, "inconclusive") == 0;
    vr_gate_rows_finish(&rows);
    made_close(&run);
    made_close(&baseline);
}

static struct tally simulate(const char *what, double more, const char *scope, uint64_t seed)
{
    struct vr_rng rng;
    struct tally tally = {0};
    vr_rng_init(&rng, seed);
    for (int i = 0; i < SIMULATIONS; i++)
        judge_once(&rng, more, scope, &tally);
    fprintf(
        stderr, "%s, %s, seed %d: of %d, %d fail, %d pass, %d inconclusive\n", what, scope,
        (int)seed, SIMULATIONS, tally.fail, tally.pass, tally.unsure);
    return tally;
}

Test(gate_power, no_change_is_no_alarm)
{
    struct tally tally = simulate("no change", 0, "gross", 1);
    cr_expect_leq(tally.fail, ALARMS_MAX);
    cr_expect_geq(tally.pass, SIMULATIONS * 0.8, "the power to pass");
}

Test(gate_power, a_percent_more_missed_is_caught)
{
    struct tally tally = simulate("1 % more missed", 0.01, "gross", 2);
    cr_expect_geq(tally.fail, SIMULATIONS * 0.95, "power: %d of %d", tally.fail, SIMULATIONS);
    cr_expect_eq(tally.pass, 0);
}

/* At the limit itself either wrong answer has at most its share.  (Of the beats that were found before, about 98.5 %, so many more.) */
Test(gate_power, at_the_limit_either_error_keeps_its_share)
{
    struct tally tally = simulate("at the limit", 0.01 * LIMIT_PCT / 0.985, "average", 3);
    cr_expect_leq(tally.fail, ALARMS_MAX);
    cr_expect_leq(tally.pass, ALARMS_MAX);
}
