/* vitalrig power: look at meters and at what they have recorded; no run, no device. */
#include <stdio.h>

#include "cli/power_verbs.h"
#include "cli/verb.h"
#include "power/power.h"

static void put_kinds(void)
{
    const struct vr_power_driver *driver;
    printf("\nKinds of meters:\n");
    for (size_t i = 0; (driver = vr_power_driver(i)); i++)
        printf("  %-12s %s\n", driver->name, driver->summary);
}

static int power_main(int argc, char **argv)
{
    static const struct vr_verb list = {
        "list", "kinds of meters, and those that are attached", vr_power_list_main};
    static const struct vr_verb decode = {
        "decode", "what a recording of a meter holds", vr_power_decode_main};
    static const struct vr_verb energy = {
        "energy", "energy between marks in a recorded trace", vr_power_energy_main};
    static const struct vr_verb plot = {
        "plot", "a piece of a run's power trace in points", vr_power_plot};
    static const struct vr_verb *const items[] = {&list, &decode, &energy, &plot};
    static const struct vr_verbs verbs = {
        .intro = "Look at meters, and at what they have recorded; no run, no device.\n",
        .items = items,
        .count = sizeof items / sizeof items[0],
        .more = put_kinds,
    };
    return vr_verbs_run(&verbs, argc, argv);
}

const struct vr_verb vr_verb_power = {
    .name = "power",
    .summary = "look at meters and recorded traces: list, decode, energy, plot",
    .run = power_main,
};
