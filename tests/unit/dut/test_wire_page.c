/* The example in schema/wire.md is what the device library does: the page cannot drift. */
#include "lab.h"

#include <stdio.h>
#include <stdlib.h>

static struct lab lab;

/* Play one block of bytes: to the device, or compare with what came from it. */
static void play(char direction, const char *title, const uint8_t *bytes, size_t size)
{
    static size_t read_at;
    if (direction == '>') {
        lab_feed(&lab, bytes, size);
        return;
    }
    cr_assert_leq(read_at + size, lab.raw_size, "%s: the device sent nothing", title);
    cr_assert_arr_eq(lab.raw + read_at, bytes, size, "%s", title);
    read_at += size;
    if (strncmp(title, "FIN_R", 5) == 0)
        cr_assert_eq(read_at, lab.raw_size, "the device says more than the page");
}

Test(wire_page, example_is_what_the_device_does)
{
    FILE *const page = fopen(WIRE_PAGE, "r");
    char line[256], title[256] = "";
    uint8_t bytes[512];
    size_t size = 0, blocks = 0;
    char direction = 0;
    bool inside = false;

    cr_assert_not_null(page, "%s", WIRE_PAGE);
    lab_init(&lab);
    lab.config.payload_max = 256;
    lab.config.ring_size = 256;
    lab.config.outputs_size = 27 * DUT_OUTPUT_SIZE(3);
    lab.config.algorithms = (const struct algo *const[]){&algo_echo};
    lab.config.algorithm_count = 1;
    lab_boot(&lab);
    while (fgets(line, sizeof line, page)) {
        if (strncmp(line, "```", 3) == 0) {
            if (inside)
                break;
            inside = strcmp(line, "```wire\n") == 0;
        } else if (inside && (line[0] == '>' || line[0] == '<')) {
            if (direction)
                play(direction, title, bytes, size);
            direction = line[0];
            strcpy(title, line + 2);
            size = 0;
            blocks++;
        } else if (inside) {
            char *at = line, *end;
            for (unsigned long byte = strtoul(at, &end, 16); end != at;
                 byte = strtoul(at, &end, 16)) {
                bytes[size++] = (uint8_t)byte;
                at = end;
            }
        }
    }
    play(direction, title, bytes, size);
    fclose(page);
    cr_assert_eq(blocks, 20);
    cr_assert_eq(lab.dut.trial.state, DUT_IDLE);
}
