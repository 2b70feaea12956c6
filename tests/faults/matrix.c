/* The fault matrix: one row for each fault of a line or a bench, what is injected, and what must come of it.
 *
 *     faults [--seed N] [ROW...]    TAP, a row a subtest
 *     faults --list                 the whole table, also of the rows that other tests cover */
#include "matrix.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

struct fault_row {
    const char *id, *fault, *injected, *outcome;
    const char *exits;       /* exit-code class */
    fault_row_function *run; /* NULL = not in virtual time */
    const char *tests;       /* the meson tests that cover it */
};

static const struct fault_row rows[] = {
    {"L1", "unplug in mid-frame", "the line pulled at every byte of a conversation, each direction",
     "complete with the same outputs once it is back; link_lost when it is not", "0, 3", fault_l1,
     "faults, faults_real"},
    {"L2", "replug within the grace", "back after 1.999 s of 2 s, the same boot and another one",
     "same boot: goes on, same outputs; another boot: link_lost, and the next attempt is whole",
     "0, 3", fault_l2, "faults, faults_real"},
    {"L3", "replug of another unit", "another serial number, with another and the same boot nonce",
     "dut_absent, within 100 ms of its answer", "3", fault_l3, "faults, faults_real"},
    {"L4", "the device hangs", "it does nothing any more; its bytes do not arrive",
     "fw_hang 5 s after its last byte", "3", fault_l4, "faults, e2e_bench"},
    {"L5", "the device holds the line", "it takes nothing any more, its queue is full",
     "fw_hang 5 s later and what the line had to carry; the port is closed within 1 s", "3", NULL,
     "faults_real"},
    {"L6", "restart in mid-run", "another boot nonce, with and without a fault report",
     "fw_crash or fw_reboot, with the last sample", "1, 3", fault_l6, "faults"},
    {"L7", "restart loop", "five boots in a second; each takes the port with it",
     "fw_reboot; link_lost when the grace of one outage is over; quarantined after 3 trials", "3",
     fault_l7, "faults, e2e_bench"},
    {"L8", "garbage around and within frames", "random bytes, a boot log, AT commands",
     "complete; at most one frame lost to a burst, and counted", "0", fault_l8,
     "faults, faults_real"},
    {"L9", "bit errors", "flips at 1e-9 to 1e-3 a bit",
     "complete with the same outputs up to 1e-4; at 1e-3 that or link_corrupt", "0, 3", fault_l9,
     "faults"},
    {"L10", "baud rates differ", "every pair of six rates, the bit stream sampled at the wrong one",
     "noise: link_corrupt after 1 s; silence: dut_absent after 3 s; both name the baud rate", "3",
     fault_l10, "faults"},
    {"L11", "frames lost, doubled, late, reordered", "5 % of each, both directions",
     "complete with the same outputs", "0", fault_l11, "faults"},
    {"L12", "numbers wrap",
     "70,000 frames; clock, byte offsets and indexes begun just below their end",
     "complete, nothing sent again", "0", fault_l12, "faults"},
    {"L13", "impossible lengths",
     "frames of 0, 3 and 10,000 B; fields longer than their frame; cut payloads",
     "not a frame: dropped and counted; a right check sum: fw_protocol", "0, 1", fault_l13,
     "faults"},
    {"L14", "flood", "frames and logs ten times; outputs without end; more than a paced line takes",
     "complete; fw_protocol; output_lost with their number", "0, 1", fault_l14, "faults"},
    {"L15", "outputs that cannot be", "unknown sample, kind, stream, number; changed; left out",
     "fw_protocol in words; doubled ones are told by their number", "0, 1", fault_l15, "faults"},
    {"L16", "the device's clock", "500 ppm fast and slow; steps of 2 s",
     "drift: complete, and the bound that is told holds it; step: fw_protocol within a second",
     "0, 1", fault_l16, "faults"},
    {"U1", "USB stall", "a bulk endpoint halts, once and again, both directions",
     "cleared once and nothing is lost; then link_lost", "0, 3", NULL, "usb_faults"},
    {"U2", "USB overflow, short and empty packets, time-outs", "at the third transfer and others",
     "partial bytes kept and counted, none read twice", "0", NULL, "usb_faults"},
    {"U3", "the USB device is gone", "with every number of transfers under way",
     "link_lost; every transfer comes back; closed within 1 s", "3", NULL, "usb_faults"},
    {"U4", "no permission, claimed by another, no usbfs memory", "at open",
     "dut_absent before the first sample, with what to do about it", "3", NULL, "usb_faults"},
    {"U5", "a hub takes four devices with it", "four ports hang up in the middle of four runs",
     "link_lost each; one incident that names all four, no device is quarantined, also while it "
     "stays off",
     "3", NULL, "faults_real"},
    {"U6", "a power cycle that is none", "the command succeeds, the boot nonce stays",
     "the trial's bench_why says that the device did not restart", "0", NULL,
     "faults_real, e2e_bench"},
};

#define ROW_COUNT (sizeof rows / sizeof rows[0])

static void print_table(void)
{
    printf("| row | fault | injected | outcome | exit | tests |\n|---|---|---|---|---|---|\n");
    for (size_t i = 0; i < ROW_COUNT; i++)
        printf(
            "| %s | %s | %s | %s | %s | %s |\n", rows[i].id, rows[i].fault, rows[i].injected,
            rows[i].outcome, rows[i].exits, rows[i].tests);
}

static bool is_wanted(const char *id, int argc, char **argv)
{
    for (int i = 1; i < argc; i++)
        if (strcmp(argv[i], id) == 0)
            return true;
    return argc <= 1;
}

static bool run_row(size_t number, const struct fault_row *row, uint64_t seed)
{
    struct fault_row_run run = {.seed = seed};
    row->run(&run);
    printf(
        "%s %zu - %s %s (%zu cases, seed %" PRIu64 ")\n", run.failures ? "not ok" : "ok", number,
        row->id, row->fault, run.cases, seed);
    fflush(stdout);
    return run.failures == 0;
}

int main(int argc, char **argv)
{
    uint64_t seed = 1;
    if (argc > 1 && strcmp(argv[1], "--list") == 0) {
        print_table();
        return 0;
    }
    if (argc > 2 && strcmp(argv[1], "--seed") == 0) {
        seed = strtoull(argv[2], NULL, 10);
        argc -= 2;
        argv += 2;
    }
    size_t count = 0, failed = 0;
    printf("TAP version 13\n");
    for (size_t i = 0; i < ROW_COUNT; i++)
        if (rows[i].run && is_wanted(rows[i].id, argc, argv))
            failed += !run_row(++count, &rows[i], seed);
    printf("1..%zu\n", count);
    return failed || count == 0;
}
