/* Lines that go away, devices that restart. */
#include "matrix.h"

#define AWAY_NS (300 * VR_NS_PER_MS)

static struct sim_unplug unplug_at(int64_t at_ns, int64_t away_ns)
{
    return (struct sim_unplug){.at_ns = at_ns, .at_byte = -1, .away_ns = away_ns};
}

/* A short conversation with small frames, pulled at every byte of it in both directions, from the first HELLO to FIN_R: many times
 * three frames in a row. */
static void sweep(struct fault_row_run *row, bool to_host, bool uart)
{
    struct fault_case fault_case = {
        .name = to_host ? "at every byte to the host" : "at every byte to the device",
        .options = fault_options(row->seed),
        .outcomes = OUTCOME(COMPLETE),
        .since_ns = VR_NEVER_NS,
        .within_ns = AWAY_NS + VR_NS_PER_S,
    };
    fault_case.options.uart = uart;
    fault_case.options.payload_max = 128;
    fault_case.options.rate_num = 60;
    fault_case.options.sample_count = 300;
    fault_case.options.unplug_count = 1;
    /* The whole conversation is some 900 bytes to the device and 700 to the host; behind its end nothing is pulled any more. */
    for (int64_t byte = 0; byte < 1000; byte++) {
        fault_case.options.unplugs[0] =
            (struct sim_unplug){.at_ns = VR_NEVER_NS, .at_byte = byte, .away_ns = AWAY_NS};
        fault_case.options.unplugs[0].to_host = to_host;
        fault_case_run(row, &fault_case);
        if (row->failures > 0)
            fault_tell(row, "at byte %lld", (long long)byte);
        if (row->failures > 0)
            return;
    }
}

void fault_l1(struct fault_row_run *row)
{
    for (int i = 0; i < 4; i++)
        sweep(row, i & 1, i & 2);

    struct fault_case gone = {
        .name = "for good",
        .options = fault_options(row->seed),
        .outcomes = OUTCOME(LINK_LOST),
        .why = "did not come back within 2.0 s",
        .since_ns = VR_NEVER_NS,
        .within_ns = 2 * VR_NS_PER_S,
    };
    gone.options.unplug_count = 1;
    gone.options.unplugs[0] = unplug_at(200 * VR_NS_PER_MS, VR_NEVER_NS);
    fault_case_run(row, &gone);
    gone.name = "without a grace";
    gone.options.replug_ns = 0;
    gone.why = "the device is gone";
    gone.within_ns = 100 * VR_NS_PER_MS - FAULT_MARGIN_NS; /* promised: 100 ms, all in all */
    fault_case_run(row, &gone);
}

void fault_l2(struct fault_row_run *row)
{
    for (int64_t ms = 0; ms < 700; ms += 50) {
        struct fault_case fault_case = {
            .name = "the same boot",
            .options = fault_options(row->seed + (uint64_t)ms),
            .outcomes = OUTCOME(COMPLETE),
            .log = "the same boot answers",
            .since_ns = VR_NEVER_NS,
            .within_ns = 1999 * VR_NS_PER_MS + 2 * VR_NS_PER_S,
        };
        fault_case.options.unplug_count = 1;
        fault_case.options.unplugs[0] = unplug_at((20 + ms) * VR_NS_PER_MS, 1999 * VR_NS_PER_MS);
        fault_case_run(row, &fault_case);

        fault_case.name = "another boot";
        fault_case.options.unplugs[0].reboots = true;
        fault_case.outcomes = OUTCOME(LINK_LOST);
        fault_case.log = "the link is back";
        fault_case.why = "restarted while its line was away";
        fault_case_run(row, &fault_case);
    }
}

void fault_l3(struct fault_row_run *row)
{
    struct fault_case fault_case = {
        .name = "another boot nonce",
        .options = fault_options(row->seed),
        .outcomes = OUTCOME(DUT_ABSENT),
        .why =
            "another unit answers on this port: device id 67120000, the trial began with 2a000000",
        .since_ns = VR_NEVER_NS,
        .within_ns = AWAY_NS + 100 * VR_NS_PER_MS,
    };
    fault_case.options.unplug_count = 1;
    fault_case.options.unplugs[0] = unplug_at(300 * VR_NS_PER_MS, AWAY_NS);
    fault_case.options.unplugs[0].other_unit = 4711;
    fault_case_run(row, &fault_case);
    fault_case.name = "the same boot nonce";
    fault_case.options.unplugs[0].same_nonce = true;
    fault_case_run(row, &fault_case);
}

#define REBOOT_NS (300 * VR_NS_PER_MS)
/* In silence the host asks after a quarter of 5 s, and waits 200 ms for a fault report. */
#define REBOOT_SEEN_NS (1250 * VR_NS_PER_MS + 200 * VR_NS_PER_MS)

/* It crashes: the report is kept over the reset. */
static int64_t crash(void *context, struct sim_world *world)
{
    (void)context;
    world->device.options.fault =
        (struct wire_fault){.code = 3, .pc = 0x08001234, .lr = 0x08000100, .cfsr = 0x8200};
    sim_world_reboot(world);
    return VR_NEVER_NS;
}

void fault_l6(struct fault_row_run *row)
{
    struct fault_case fault_case = {
        .name = "a silent restart",
        .options = fault_options(row->seed),
        .outcomes = OUTCOME(FW_REBOOT),
        .why = "restarted in mid-trial without a fault report, after sample",
        .since_ns = REBOOT_NS,
        .within_ns = REBOOT_SEEN_NS,
    };
    fault_case.options.reboot_ns = REBOOT_NS;
    fault_case_run(row, &fault_case);

    fault_case.name = "a crash with a report";
    fault_case.options.reboot_ns = VR_NEVER_NS;
    fault_case.options.event = crash;
    fault_case.options.event_ns = REBOOT_NS;
    fault_case.outcomes = OUTCOME(FW_CRASH);
    fault_case.why = "fault 3 at pc 0x08001234, lr 0x08000100, cfsr 0x00008200, after sample";
    fault_case_run(row, &fault_case);

    /* A board that is powered by its line and crashes takes the line with it. */
    fault_case.name = "long after an unplug that was survived";
    fault_case.options.event = NULL;
    fault_case.options.unplug_count = 1;
    fault_case.options.unplugs[0] = unplug_at(100 * VR_NS_PER_MS, 50 * VR_NS_PER_MS);
    fault_case.options.reboot_ns = REBOOT_NS;
    fault_case.outcomes = OUTCOME(FW_REBOOT);
    fault_case.why = "restarted in mid-trial";
    fault_case_run(row, &fault_case);
}

/* A watchdog that bites every 200 ms, five times. */
static int64_t boot_again(void *context, struct sim_world *world)
{
    (void)context;
    sim_world_reboot(world);
    return world->reboot_count < 5 ? world->now_ns + 200 * VR_NS_PER_MS : VR_NEVER_NS;
}

void fault_l7(struct fault_row_run *row)
{
    struct fault_case fault_case = {
        .name = "five boots in a second",
        .options = fault_options(row->seed),
        .outcomes = OUTCOME(FW_REBOOT),
        .since_ns = REBOOT_NS,
        .within_ns = REBOOT_SEEN_NS + VR_NS_PER_S,
    };
    fault_case.options.event = boot_again;
    fault_case.options.event_ns = REBOOT_NS;
    fault_case_run(row, &fault_case);

    fault_case.name = "each boot takes the port with it";
    fault_case.options.event = NULL;
    fault_case.options.unplug_count = SIM_UNPLUGS_MAX;
    for (int i = 0; i < SIM_UNPLUGS_MAX; i++) {
        fault_case.options.unplugs[i] = unplug_at((300 + 3 * i) * VR_NS_PER_MS, 800 * VR_NS_PER_MS);
        fault_case.options.unplugs[i].reboots = true;
    }
    fault_case.outcomes = OUTCOME(LINK_LOST);
    fault_case.within_ns = 2 * VR_NS_PER_S + 200 * VR_NS_PER_MS;
    fault_case_run(row, &fault_case);
}
