/* Fault scripts: every fault, the order of places, and words that are refused. */
#include "simulate/faults.h"

#include <criterion/criterion.h>
#include <string.h>

static struct vr_sim_fault faults[VR_SIM_FAULTS_MAX];
static size_t count;
static struct vr_err err;

static int parse(const char *script)
{
    err.text[0] = '\0';
    return vr_sim_faults_parse(script, 100000, faults, &count, &err);
}

Test(sim_faults, none_is_a_script_too)
{
    cr_assert_eq(parse(""), 0);
    cr_assert_eq(count, 0);
    cr_assert_eq(parse(" \n "), 0);
    cr_assert_eq(count, 0);
}

Test(sim_faults, every_fault_has_its_word)
{
    static const struct {
        const char *script;
        struct vr_sim_fault fault;
    } rows[] = {
        {"at 100000 drop 64", {VR_SIM_FAULT_DROP_SAMPLES, 100000, 64}},
        {"at 0 skip 128;", {VR_SIM_FAULT_SKIP_SAMPLES, 0, 128}},
        {"at 7 bytes 3", {VR_SIM_FAULT_DROP_BYTES, 7, 3}},
        {"at 5s stall 30ms", {VR_SIM_FAULT_STALL, 500000, 30000}},
        {"at 1.5s stall 2.5s", {VR_SIM_FAULT_STALL, 150000, 2500000}},
        {"at 300us stall 1us", {VR_SIM_FAULT_STALL, 30, 1}},
        {"at 50ms unplug", {VR_SIM_FAULT_UNPLUG, 5000, 0}},
        {"\tat\n9  over 10 ", {VR_SIM_FAULT_OVER_RANGE, 9, 10}},
        {"at 9 range 1 ;", {VR_SIM_FAULT_BAD_RANGE, 9, 1}},
        {"at 9 edge 0", {VR_SIM_FAULT_DROP_EDGE, 9, 0}},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_assert_eq(parse(rows[i].script), 0, "%s: %s", rows[i].script, err.text);
        cr_expect_eq(count, 1, "%s", rows[i].script);
        cr_expect_eq(faults[0].kind, rows[i].fault.kind, "%s", rows[i].script);
        cr_expect_eq(faults[0].at, rows[i].fault.at, "%s", rows[i].script);
        cr_expect_eq(faults[0].count, rows[i].fault.count, "%s", rows[i].script);
    }
}

Test(sim_faults, they_come_in_the_order_of_their_places)
{
    cr_assert_eq(parse("at 30 drop 1; at 10 skip 2;at 30 bytes 3; at 20 edge 4"), 0);
    static const int64_t at[] = {10, 20, 30, 30}, amount[] = {2, 4, 1, 3};
    cr_assert_eq(count, 4);
    for (size_t i = 0; i < 4; i++) {
        cr_expect_eq(faults[i].at, at[i]);
        cr_expect_eq(faults[i].count, amount[i]);
    }
}

Test(sim_faults, what_is_wrong_is_named)
{
    static const char *const rows[][2] = {
        {"drop 64", "\"drop\": \"at\" should stand there"},
        {"at", "it ends where the index"},
        {"at now drop 1", "\"now\""},
        {"at -1 drop 1", "\"-1\""},
        {"at 1.5 drop 1", "\"1.5\""},
        {"at 1. s drop 1", "\"1.\""},
        {"at 1.s drop 1", "\"1.s\""},
        {"at 1h drop 1", "\"1h\""},
        {"at 0x10 drop 1", "\"0x10\""},
        {"at 1234567890123 drop 1", "\"1234567890123\""},
        {"at 5 dorp 1", "\"dorp\": one of drop, skip"},
        {"at 5", "it ends where one of drop"},
        {"at 5 drop", "it ends where a number"},
        {"at 5 drop 0", "\"0\""},
        {"at 5 drop 1ms", "\"1ms\""},
        {"at 5 stall 30", "\"30\": a time"},
        {"at 5 edge 8", "\"8\": a line"},
        {"at 5 unplug 3", "\"3\": \";\" or the end"},
        {"at 5 drop 1 at 6 drop 1", "\"at\": \";\" or the end"},
        {";", "it ends where \"at\""},
        {"at 5 drop 1;;", "it ends where \"at\""},
    };
    for (size_t i = 0; i < sizeof rows / sizeof rows[0]; i++) {
        cr_expect_eq(parse(rows[i][0]), -VR_ERR_USAGE, "%s", rows[i][0]);
        cr_expect_not_null(strstr(err.text, rows[i][1]), "%s: %s", rows[i][0], err.text);
    }
}

Test(sim_faults, a_time_needs_a_rate)
{
    cr_assert_eq(vr_sim_faults_parse("at 5s drop 1", 0, faults, &count, &err), -VR_ERR_USAGE);
    cr_assert_not_null(strstr(err.text, "give the index of a sample"));
    cr_assert_eq(vr_sim_faults_parse("at 5 stall 1s", 0, faults, &count, &err), 0);
}

Test(sim_faults, there_is_a_last_one)
{
    static char script[20 * (VR_SIM_FAULTS_MAX + 1) + 1];
    for (size_t i = 0; i < VR_SIM_FAULTS_MAX; i++)
        strcat(script, "at 5 drop 1;");
    cr_assert_eq(parse(script), 0);
    cr_assert_eq(count, VR_SIM_FAULTS_MAX);
    strcat(script, "at 5 drop 1;");
    cr_assert_eq(parse(script), -VR_ERR_USAGE);
}
