/* Which records of two runs can be compared. */
#include "score/pairs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

void vr_pairs_finish(struct vr_pairs *pairs)
{
    free(pairs->items);
    pairs->items = NULL;
    pairs->count = 0;
}

void vr_pairs_lack(struct vr_pairs *pairs, enum vr_pair_lack lack, const char *record)
{
    if (pairs->lacks[lack]++ == 0)
        pairs->firsts[lack] = record;
}

void vr_pairs_say(const struct vr_pairs *pairs, char *text, size_t size)
{
    static const char *const texts[] = {
#define X(word, text) text,
        VR_PAIR_LACKS(X)
#undef X
    };
    size_t used = 0;
    text[0] = '\0';
    for (size_t i = 0; i < VR_PAIR_LACK_COUNT && used < size; i++) {
        if (pairs->lacks[i] == 0)
            continue;
        bool has_other = i == VR_PAIR_LACK_CONTENT && pairs->other;
        used += (size_t)snprintf(
            text + used, size - used, "%s%zu record%s %s (%s%s%s%s)", used > 0 ? ", " : "",
            pairs->lacks[i], pairs->lacks[i] > 1 ? "s" : "", texts[i],
            pairs->lacks[i] > 1 ? "the first: " : "", pairs->firsts[i], has_other ? ": other " : "",
            has_other ? pairs->other : "");
    }
}

/* --- making them ------------------------------------------------------------------------------ */

struct making {
    const struct vr_scored *run, *baseline;
    size_t task;
    struct vr_pairs *pairs;
};

static bool is_whole(const struct vr_scored_record *record)
{
    return record->sound == record->repeats;
}

/* What is common to both runs, but not alike. */
static bool is_alike(
    const struct making *making, const struct vr_scored_record *run,
    const struct vr_scored_record *baseline)
{
    const char *name = run->content->record;
    const char *other = vr_replayed_other_case(run->content, baseline->content);
    if (!other && (run->is_mixed || baseline->is_mixed))
        other = "repeats";
    if (other && making->pairs->lacks[VR_PAIR_LACK_CONTENT] == 0)
        making->pairs->other = other;
    if (other)
        vr_pairs_lack(making->pairs, VR_PAIR_LACK_CONTENT, name);
    else if (!is_whole(baseline))
        vr_pairs_lack(making->pairs, VR_PAIR_LACK_BASELINE_BROKEN, name);
    else if (run->repeats != baseline->repeats)
        vr_pairs_lack(making->pairs, VR_PAIR_LACK_REPEATS, name);
    else
        return true;
    return false;
}

static void add_record(const struct making *making, const struct vr_scored_record *record)
{
    const char *name = record->content->record;
    const struct vr_scored_record *other =
        making->baseline ? vr_scored_record(making->baseline, name) : NULL;
    struct vr_pair pair = {.run = vr_scored_entry(making->run, making->task, name)};
    if (making->baseline && !other) {
        vr_pairs_lack(making->pairs, VR_PAIR_LACK_BASELINE, name);
        return;
    }
    if (!is_whole(record)) {
        vr_pairs_lack(making->pairs, VR_PAIR_LACK_BROKEN, name);
        return;
    }
    if (other && !is_alike(making, record, other))
        return;
    if (other)
        pair.baseline = vr_scored_entry(making->baseline, making->task, name);
    if (!pair.run)
        vr_pairs_lack(making->pairs, VR_PAIR_LACK_UNSCORED, name);
    else if (other && !pair.baseline)
        vr_pairs_lack(making->pairs, VR_PAIR_LACK_BASELINE_UNSCORED, name);
    else
        making->pairs->items[making->pairs->count++] = pair;
}

int vr_pairs_make(
    const struct vr_scored *run, const struct vr_scored *baseline, size_t task,
    const struct vr_scope *scope, struct vr_pairs *ret_pairs, struct vr_err *err)
{
    const struct making making = {run, baseline, task, ret_pairs};
    *ret_pairs = (struct vr_pairs){.items = calloc(run->record_count + 1, sizeof(struct vr_pair))};
    if (!ret_pairs->items)
        return vr_err_set(
            err, VR_ERR_NO_MEMORY, "no memory to pair %zu records", run->record_count);
    for (size_t i = 0; i < run->record_count; i++)
        if (vr_scope_holds(scope, run->records[i].content))
            add_record(&making, &run->records[i]);
    for (size_t i = 0; baseline && i < baseline->record_count; i++) {
        const struct vr_replayed *content = baseline->records[i].content;
        if (vr_scope_holds(scope, content) && !vr_scored_record(run, content->record))
            vr_pairs_lack(ret_pairs, VR_PAIR_LACK_RUN, content->record);
    }
    return 0;
}
