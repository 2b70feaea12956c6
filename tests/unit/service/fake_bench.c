#include "service/fake_bench.h"

#include <criterion/criterion.h>
#include <stdio.h>
#include <string.h>

static void count_change(void *context, const struct vr_bench_dut *dut)
{
    struct fake_bench *fake = context;
    fake->changes++;
    snprintf(fake->last_word, sizeof fake->last_word, "%s", vr_bench_word(dut));
}

void fake_bench_make(struct fake_bench *fake, const char *duts)
{
    static char check[] = "golden.json";
    static const double recheck_s[] = {60, 600, 3600};
    const struct vr_bench_policy policy = {recheck_s, 3, 2};
    char *text = strdup(duts), *rest = text, *word;
    *fake = (struct fake_bench){.rig.name = "rig", .rig.duts = fake->duts};
    while ((word = strsep(&rest, ","))) {
        char *model = strchr(word, ':');
        *model++ = '\0';
        fake->duts[fake->rig.dut_count++] = (struct vr_rig_dut){
            .name = strdup(word), .model = strdup(model), .health_check = check};
    }
    free(text);
    struct vr_err err;
    cr_assert_eq(vr_bench_init(&fake->bench, &fake->rig, &policy, &err), 0);
    for (size_t i = 0; i < fake->bench.count; i++)
        vr_bench_set_present(&fake->bench, &fake->bench.duts[i], true, "", 0, 0);
    fake->bench.changed = count_change;
    fake->bench.context = fake;
}

static void free_text(const char *text)
{
    union {
        const char *text;
        void *memory;
    } owned = {text};
    free(owned.memory);
}

void fake_bench_finish(struct fake_bench *fake)
{
    vr_bench_finish(&fake->bench);
    for (size_t i = 0; i < fake->rig.dut_count; i++) {
        free_text(fake->duts[i].name);
        free_text(fake->duts[i].model);
    }
}
