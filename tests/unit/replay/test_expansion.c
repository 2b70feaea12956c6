/* replay/expansion and replay/batch: which cells a campaign has, with which keys, in which jobs. */
#include "replay/batch.h"
#include "replay/expansion.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/rng.h"
#include "replay/plan.h"

static char folder[] = "/tmp/vitalrig-expansion-XXXXXX";

static void write_file(const char *name, const char *text)
{
    char path[256];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "w");
    cr_assert(file && fputs(text, file) >= 0 && fclose(file) == 0);
}

/* Two models, one of them twice; this program is an image with a build-id. */
static void make_bench(void)
{
    static const char rig[] =
        "{\"format\": 1, \"name\": \"bench\", \"duts\": {"
        "\"a\": {\"kind\": \"pty\", \"argv\": [\"./dut\", \"{firmware}\"], \"firmware\": "
        "\"%1$s\", \"model\": \"band\"},"
        "\"b\": {\"kind\": \"pty\", \"argv\": [\"./dut\", \"{firmware}\"], \"firmware\": "
        "\"%1$s\", \"model\": \"band\"},"
        "\"c\": {\"kind\": \"pty\", \"path\": \"p\", \"firmware_hash\": \"00ff\"},"
        "\"d\": {\"kind\": \"pty\", \"path\": \"p\"}}}";
    char text[2048], self[512];
    ssize_t size = readlink("/proc/self/exe", self, sizeof self - 1);
    cr_assert_gt(size, 0);
    self[size] = '\0';
    cr_assert_not_null(mkdtemp(folder));
    snprintf(text, sizeof text, rig, self);
    write_file("rig.json", text);
    write_file("smoke.json", vr_scenario_smoke);
    setenv("VR_TEST_SELF", self, 1);
}

static void remove_bench(void)
{
    static const char *const names[] = {"rig.json", "smoke.json"};
    char path[256];
    for (size_t i = 0; i < sizeof names / sizeof names[0]; i++) {
        snprintf(path, sizeof path, "%s/%s", folder, names[i]);
        unlink(path);
    }
    rmdir(folder);
}

TestSuite(expansion, .init = make_bench, .fini = remove_bench);

struct made {
    struct vr_campaign *campaign;
    struct vr_expansion expansion;
};

static void made_finish(struct made *made)
{
    vr_expansion_finish(&made->expansion);
    vr_campaign_destroy(made->campaign);
}

static int make(const char *members, struct made *ret_made, struct vr_err *err)
{
    char text[2048], rig[256];
    *ret_made = (struct made){0};
    snprintf(rig, sizeof rig, "%s/rig.json", folder);
    snprintf(
        text, sizeof text,
        "{\"format\": 1, \"name\": \"night\", \"scenarios\": [\"smoke.json\"]%s%s}",
        *members ? ", " : "", members);
    cr_assert_eq(
        vr_campaign_parse(text, strlen(text), "c.json", folder, &ret_made->campaign, err), 0, "%s",
        err->text);
    const struct vr_expansion_options options = {.rig = rig, .sim_program = "/opt/dut"};
    return vr_expansion_make(ret_made->campaign, &options, &ret_made->expansion, err);
}

static struct made make_good(const char *members)
{
    struct made made;
    struct vr_err err = {0};
    cr_assert_eq(make(members, &made, &err), 0, "%s", err.text);
    return made;
}

/* --- cells --- */

Test(expansion, has_a_cell_for_every_trial)
{
    static const struct {
        const char *members;
        size_t cells, groups, twins;
    } cases[] = {
        {"\"duts\": [\"band\"]", 4, 1, 0},
        {"\"duts\": [\"band\", \"c\"]", 8, 2, 0},
        {"\"duts\": [\"band\", \"c\"], \"repeat\": 5", 40, 2, 0},
        {"\"duts\": [\"band\"], \"records\": [\"af\", \"s*\"]", 2, 1, 0},
        {"\"duts\": [\"band\", \"c\"], \"repeat\": 3, \"variants\": [{\"name\": \"v\", \"patch\": "
         "{}}, {\"name\": \"w\", \"patch\": {\"replay\": {\"speed\": 8}}}]",
         48, 4, 0},
        /* Devices of one model are one, and a build by another name is the same build. */
        {"\"duts\": [\"band\", \"a\", \"b\"]", 4, 3, 8},
        {"\"duts\": [\"band\"], \"firmware\": [{\"name\": \"x\", \"path\": \"${VR_TEST_SELF}\"}, "
         "{\"name\": \"y\", \"path\": \"${VR_TEST_SELF}\"}]",
         4, 2, 4},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        _cleanup_(made_finish) struct made made = make_good(cases[i].members);
        cr_expect_eq(made.expansion.cell_count, cases[i].cells, "%s", cases[i].members);
        cr_expect_eq(made.expansion.group_count, cases[i].groups, "%s", cases[i].members);
        cr_expect_eq(made.expansion.twin_count, cases[i].twins, "%s", cases[i].members);
        for (size_t a = 0; a < made.expansion.cell_count; a++)
            for (size_t b = 0; b < a; b++)
                cr_assert_str_neq(made.expansion.cells[a].key, made.expansion.cells[b].key);
    }
}

Test(expansion, gives_cells_the_keys_that_a_run_gives_its_trials)
{
    _cleanup_(made_finish) struct made made =
        make_good("\"duts\": [\"c\"], \"repeat\": 2, \"seed\": 7");
    _cleanup_(vr_plan_finish) struct vr_plan plan = {0};
    _cleanup_(vr_rig_destroyp) struct vr_rig *rig = NULL;
    struct vr_err err = {0};
    char path[256], key[VR_DIGEST_HEX_SIZE];
    snprintf(path, sizeof path, "%s/rig.json", folder);
    cr_assert_eq(vr_rig_load(path, &rig, &err), 0);
    const struct vr_plan_options options = {
        .dut = "c", .repeat = 2, .seed = 7, .has_seed = true, .sim_program = "/opt/dut"};
    cr_assert_eq(
        vr_plan_make(made.expansion.groups[0].scenario, rig, &options, &plan, &err), 0, "%s",
        err.text);
    cr_assert_eq(made.expansion.cell_count, 8);
    for (size_t i = 0; i < 8; i++) {
        const struct vr_expansion_cell *cell = &made.expansion.cells[i];
        cr_expect_str_eq(cell->record, plan.records[i % 4].name);
        cr_expect_eq(cell->repeat, (int)(i / 4));
        cr_assert_eq(vr_plan_result_key(&plan, i % 4, cell->repeat, key, &err), 0);
        cr_expect_str_eq(cell->key, key);
    }
}

Test(expansion, refuses_what_has_no_key_or_cannot_be_run)
{
    static const struct {
        const char *members;
        enum vr_err_code code;
        const char *reason;
    } cases[] = {
        {"\"duts\": [\"d\"]", VR_ERR_INPUT, "d: the keys of its results are not known"},
        {"\"duts\": [\"sim\"]", VR_ERR_INPUT, "the keys of its results are not known"},
        {"\"duts\": [\"bnad\"]", VR_ERR_NOT_FOUND, "no device \"bnad\""},
        {"\"duts\": [\"band\"], \"records\": [\"nothing*\"]", VR_ERR_EMPTY, "c.json:1:"},
        {"\"duts\": [\"band\"], \"firmware\": [{\"name\": \"x\", \"path\": \"/etc/passwd\"}]",
         VR_ERR_INPUT, "firmware x: "},
        {"\"duts\": [\"c\"], \"firmware\": [{\"name\": \"x\", \"path\": \"${VR_TEST_SELF}\"}]",
         VR_ERR_USAGE, "firmware x: "},
        {"\"duts\": [\"band\"], \"variants\": [{\"name\": \"v\", \"patch\": {\"score\": []}}]",
         VR_ERR_INPUT, "variant \"v\""},
    };
    for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
        _cleanup_(made_finish) struct made made;
        struct vr_err err = {0};
        cr_expect_eq(
            make(cases[i].members, &made, &err), -(int)cases[i].code, "%s: %s", cases[i].members,
            err.text);
        cr_expect(strstr(err.text, cases[i].reason), "%s: %s", cases[i].members, err.text);
    }
}

Test(expansion, writes_a_manifest_with_a_line_a_cell)
{
    _cleanup_(made_finish) struct made made = make_good("\"duts\": [\"c\"], \"repeat\": 2");
    _cleanup_free_ char *text = NULL;
    size_t size, lines = 0;
    char line[256];
    FILE *memory = open_memstream(&text, &size);
    vr_expansion_manifest(&made.expansion, memory);
    fclose(memory);
    for (size_t i = 0; i < size; i++)
        lines += text[i] == '\n';
    cr_expect_eq(lines, 9);
    snprintf(
        line, sizeof line, "\n%s,smoke,,c,,00ff,%s,1,60.000\n", made.expansion.cells[7].key,
        made.expansion.cells[7].record);
    cr_expect(strstr(text, line), "%s not in\n%s", line, text);
}

/* --- jobs --- */

#define CELLS_MAX 400

/* Seeded campaigns of any shape: what must hold of all of them. */
static void check_batches(
    const struct vr_expansion *expansion, const bool *wanted, const struct vr_batches *batches,
    uint64_t seed)
{
    size_t seen = 0, want = 0, devices = expansion->groups[0].device_count;
    double longest_s = 0;
    for (size_t i = 0; i < expansion->cell_count; i++) {
        want += wanted[i];
        if (wanted[i] && expansion->cells[i].duration_s > longest_s)
            longest_s = expansion->cells[i].duration_s;
    }
    for (size_t i = 0; i < batches->count; i++) {
        const struct vr_batch *batch = &batches->items[i];
        double duration_s = 0;
        cr_assert_gt(batch->count, 0, "seed %llu: an empty job", (unsigned long long)seed);
        cr_assert_leq(batch->count, VR_BATCH_CELLS_MAX);
        cr_assert_eq(batch->first, seen, "seed %llu: out of order", (unsigned long long)seed);
        for (size_t j = 0; j < batch->count; j++, seen++) {
            const struct vr_expansion_cell *cell = &expansion->cells[batches->cells[seen]];
            cr_assert(wanted[batches->cells[seen]], "seed %llu", (unsigned long long)seed);
            cr_assert(seen == 0 || batches->cells[seen] > batches->cells[seen - 1]);
            cr_assert(cell->group == batch->group && cell->repeat == batch->repeat);
            duration_s += cell->duration_s;
        }
        cr_assert_float_eq(duration_s, batch->duration_s, 1e-6);
        cr_assert_lt(
            batch->duration_s, expansion->campaign->batch_s + longest_s, "seed %llu: %g s",
            (unsigned long long)seed, batch->duration_s);
    }
    cr_assert_eq(seen, want, "seed %llu: cells lost", (unsigned long long)seed);
    cr_assert_geq(
        batches->count, want < devices ? want : devices, "seed %llu: %zu jobs for %zu devices",
        (unsigned long long)seed, batches->count, devices);
}

Test(batch, takes_each_wanted_cell_once_and_occupies_every_device)
{
    static struct vr_expansion_cell cells[CELLS_MAX];
    static bool wanted[CELLS_MAX];
    for (uint64_t seed = 1; seed <= 2000; seed++) {
        struct vr_rng rng;
        vr_rng_init(&rng, seed);
        struct vr_campaign campaign = {.batch_s = 1 + (double)(vr_rng_next(&rng) % 1000)};
        struct vr_expansion_group groups[3] = {
            {.wanted = "m", .device_count = 1 + vr_rng_next(&rng) % 20}};
        struct vr_expansion expansion = {
            .campaign = &campaign, .groups = groups, .group_count = 3, .cells = cells};
        groups[1] = groups[2] = groups[0];
        size_t records = 1 + vr_rng_next(&rng) % 40, scale = 1 + vr_rng_next(&rng) % 500;
        int repeats = 1 + (int)(vr_rng_next(&rng) % 3);
        for (size_t g = 0; g < 3; g++)
            for (int repeat = 0; repeat < repeats; repeat++)
                for (size_t r = 0; r < records; r++) {
                    struct vr_expansion_cell *cell = &cells[expansion.cell_count];
                    *cell = (struct vr_expansion_cell){.group = g, .repeat = repeat};
                    cell->duration_s = 0.5 + (double)(vr_rng_next(&rng) % scale);
                    wanted[expansion.cell_count++] = vr_rng_next(&rng) % 4 != 0;
                }
        _cleanup_(vr_batches_finish) struct vr_batches batches = {0};
        struct vr_err err = {0};
        cr_assert_eq(vr_batches_make(&expansion, wanted, &batches, &err), 0);
        check_batches(&expansion, wanted, &batches, seed);
    }
}

Test(expansion, orders_a_job_that_has_exactly_its_cells)
{
    _cleanup_(made_finish) struct made made = make_good(
        "\"duts\": [\"band\"], \"repeat\": 2, \"seed\": 9, \"priority\": -3, \"tags\": [\"t\"], "
        "\"firmware\": [{\"name\": \"x\", \"path\": \"${VR_TEST_SELF}\"}]");
    _cleanup_(vr_batches_finish) struct vr_batches batches = {0};
    struct vr_err err = {0};
    const bool wanted[8] = {[5] = true, [6] = true, [7] = true};
    cr_assert_eq(vr_batches_make(&made.expansion, wanted, &batches, &err), 0);
    cr_assert_eq(batches.count, 2, "two devices, and three cells of one repetition");
    for (size_t i = 0; i < 2; i++) {
        _cleanup_free_ char *text = NULL;
        _cleanup_(vr_order_finish) struct vr_order order = {0};
        _cleanup_(vr_scenario_destroyp) struct vr_scenario *scenario = NULL;
        _cleanup_(vr_rig_destroyp) struct vr_rig *rig = NULL;
        _cleanup_(vr_plan_finish) struct vr_plan plan = {0};
        char path[256], key[VR_DIGEST_HEX_SIZE];
        cr_assert_eq(vr_batch_order(&made.expansion, &batches, i, &text, &err), 0, "%s", err.text);
        cr_assert_eq(vr_order_parse(text, strlen(text), "order", &order, &err), 0, "%s", err.text);
        cr_expect_str_eq(order.campaign, "night");
        cr_expect_str_eq(order.dut, "band");
        cr_expect_eq(order.priority, -3);
        cr_expect_eq(order.tag_count, 1);
        cr_expect(order.repeat == 1 && order.repeat_first == 1);
        cr_expect_eq(order.key_count, batches.items[i].count);
        /* What a worker makes of it has the keys that are promised. */
        cr_assert_eq(
            vr_scenario_parse(
                order.scenario, strlen(order.scenario), order.scenario_file, order.directory,
                &scenario, &err),
            0);
        snprintf(path, sizeof path, "%s/rig.json", folder);
        cr_assert_eq(vr_rig_load(path, &rig, &err), 0);
        cr_assert_eq(vr_rig_set_firmware(rig, order.dut, order.firmware, &err), 0, "%s", err.text);
        const struct vr_plan_options options = {
            .dut = "b", .records = order.records, .seed = order.seed, .has_seed = order.has_seed};
        cr_assert_eq(vr_plan_make(scenario, rig, &options, &plan, &err), 0, "%s", err.text);
        cr_assert_eq(plan.record_count, order.key_count);
        for (size_t r = 0; r < plan.record_count; r++) {
            cr_assert_eq(vr_plan_result_key(&plan, r, order.repeat_first, key, &err), 0);
            cr_expect_str_eq(key, order.keys[r]);
        }
    }
}

Test(batch, names_records_that_hold_globs_and_refuses_a_comma)
{
    struct vr_campaign campaign = {.batch_s = 900, .name = "n"};
    struct vr_scenario scenario = {.file = "/s.json", .text = "{}"};
    struct vr_expansion_group group = {.wanted = "m", .device_count = 1, .scenario = &scenario};
    struct vr_expansion_cell cells[2] = {{.record = "a*[1]?\\"}, {.record = "b,c"}};
    struct vr_expansion expansion = {
        .campaign = &campaign, .groups = &group, .group_count = 1, .cells = cells, .cell_count = 2};
    struct vr_err err = {0};
    for (size_t i = 0; i < 2; i++) {
        _cleanup_(vr_batches_finish) struct vr_batches batches = {0};
        _cleanup_free_ char *text = NULL;
        const bool wanted[2] = {i == 0, i == 1};
        cr_assert_eq(vr_batches_make(&expansion, wanted, &batches, &err), 0);
        int r = vr_batch_order(&expansion, &batches, 0, &text, &err);
        cr_expect_eq(r, i == 0 ? 0 : -VR_ERR_INPUT);
        if (i == 0)
            cr_expect(strstr(text, "\"a\\\\*\\\\[1]\\\\?\\\\\\\\\""), "%s", text);
    }
    cr_expect(strstr(err.text, "b,c"), "%s", err.text);
}
