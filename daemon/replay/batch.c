/* Sets of cells that may be one job, cut into as many jobs as their length and the bench ask for. */
#include "replay/batch.h"

#include <limits.h>
#include <math.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "base/json_write.h"
#include "scenario/expand.h"

#define RECORDS_SIZE_MAX 60000 /* of an order */

static int no_memory(struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a campaign's jobs");
}

/* Cells of one group and repetition, and in how many parts they are to be cut. */
struct set {
    size_t group, first, count;
    int repeat;
    double duration_s;
    size_t parts;
};

/* --- how many parts --- */

static size_t parts_of(const struct set *set, double batch_s)
{
    double parts = ceil(set->duration_s / batch_s);
    if (parts < 1)
        return 1;
    return parts < (double)set->count ? (size_t)parts : set->count;
}

/* The set of a model whose parts are the longest, of those that can be cut further; NULL = none can. */
static struct set *longest(
    const struct vr_expansion *expansion, struct set *sets, size_t count, const char *wanted)
{
    struct set *best = NULL;
    for (size_t i = 0; i < count; i++) {
        struct set *set = &sets[i];
        if (set->parts == set->count || strcmp(expansion->groups[set->group].wanted, wanted) != 0)
            continue;
        if (!best || set->duration_s / (double)set->parts > best->duration_s / (double)best->parts)
            best = set;
    }
    return best;
}

/* At least as many jobs as there are devices for them. */
static void occupy(
    const struct vr_expansion *expansion, struct set *sets, size_t count,
    const struct vr_expansion_group *group)
{
    size_t parts = 0;
    for (size_t i = 0; i < count; i++)
        if (strcmp(expansion->groups[sets[i].group].wanted, group->wanted) == 0)
            parts += sets[i].parts;
    struct set *set;
    for (; parts < group->device_count &&
           (set = longest(expansion, sets, count, group->wanted)) != NULL;
         parts++)
        set->parts++;
}

/* --- cutting --- */

static int add_batch(
    struct vr_batches *batches, const struct set *set, size_t first, struct vr_batch **ret_batch,
    struct vr_err *err)
{
    if (batches->count == batches->room) {
        size_t room = batches->room * 2 + 16;
        void *items = reallocarray(batches->items, room, sizeof *batches->items);
        if (!items)
            return no_memory(err);
        batches->items = items;
        batches->room = room;
    }
    *ret_batch = &batches->items[batches->count++];
    **ret_batch = (struct vr_batch){.group = set->group, .repeat = set->repeat, .first = first};
    return 0;
}

/* Parts of equal length as near as the cells allow, none of them empty: a part ends where its share of what is left is full. */
static int cut(
    const struct vr_expansion *expansion, const struct set *set, struct vr_batches *batches,
    struct vr_err *err)
{
    size_t next = set->first, end = set->first + set->count;
    double left_s = set->duration_s;
    for (size_t parts = set->parts; next<end; parts -= parts> 1) {
        struct vr_batch *batch = NULL;
        int r = add_batch(batches, set, next, &batch, err);
        if (r < 0)
            return r;
        size_t text_size = 0, spare = end - next - (parts - 1); /* cells that it may take */
        double share_s = left_s / (double)parts;
        while (batch->count < spare && batch->count < VR_BATCH_CELLS_MAX) {
            const struct vr_expansion_cell *cell = &expansion->cells[batches->cells[next]];
            text_size += 2 * strlen(cell->record) + 1;
            if (batch->count > 0 && text_size > RECORDS_SIZE_MAX)
                break;
            if (batch->count > 0 && parts > 1 && batch->duration_s + cell->duration_s / 2 > share_s)
                break;
            batch->duration_s += cell->duration_s;
            batch->count++;
            next++;
        }
        left_s -= batch->duration_s;
    }
    return 0;
}

/* --- all of them --- */

/* Sets lie one behind the other, as the cells do. */
static size_t find_sets(
    const struct vr_expansion *expansion, const struct vr_batches *batches, struct set *sets)
{
    size_t count = 0;
    for (size_t i = 0; i < batches->cell_count; i++) {
        const struct vr_expansion_cell *cell = &expansion->cells[batches->cells[i]];
        struct set *set = count ? &sets[count - 1] : NULL;
        if (!set || set->group != cell->group || set->repeat != cell->repeat) {
            set = &sets[count++];
            *set = (struct set){.group = cell->group, .repeat = cell->repeat, .first = i};
        }
        set->count++;
        set->duration_s += cell->duration_s;
    }
    for (size_t i = 0; i < count; i++)
        sets[i].parts = parts_of(&sets[i], expansion->campaign->batch_s);
    return count;
}

int vr_batches_make(
    const struct vr_expansion *expansion, const bool *is_wanted, struct vr_batches *ret_batches,
    struct vr_err *err)
{
    struct vr_batches batches = {0};
    _cleanup_free_ struct set *sets = calloc(expansion->cell_count + 1, sizeof *sets);
    batches.cells = calloc(expansion->cell_count + 1, sizeof *batches.cells);
    int r = sets && batches.cells ? 0 : no_memory(err);
    for (size_t i = 0; r == 0 && i < expansion->cell_count; i++)
        if (!is_wanted || is_wanted[i])
            batches.cells[batches.cell_count++] = i;
    size_t count = r == 0 ? find_sets(expansion, &batches, sets) : 0;
    for (size_t i = 0; r == 0 && i < expansion->group_count; i++)
        occupy(expansion, sets, count, &expansion->groups[i]);
    for (size_t i = 0; r == 0 && i < count; i++)
        r = cut(expansion, &sets[i], &batches, err);
    if (r < 0) {
        vr_batches_finish(&batches);
        return r;
    }
    *ret_batches = batches;
    return 0;
}

void vr_batches_finish(struct vr_batches *batches)
{
    free(batches->cells);
    free(batches->items);
    *batches = (struct vr_batches){0};
}

/* --- orders --- */

/* Names as globs that select nothing else. */
static int put_records(
    const struct vr_expansion *expansion, const struct vr_batches *batches,
    const struct vr_batch *batch, FILE *out, struct vr_err *err)
{
    for (size_t i = 0; i < batch->count; i++) {
        const char *c = expansion->cells[batches->cells[batch->first + i]].record;
        if (strchr(c, ','))
            return vr_err_set(
                err, VR_ERR_INPUT,
                "record \"%s\": a comma ends a name where records are selected; rename it", c);
        if (i > 0)
            fputc(',', out);
        for (; *c; c++) {
            if (strchr("*?[\\", *c))
                fputc('\\', out);
            fputc(*c, out);
        }
    }
    return 0;
}

static int records_text(
    const struct vr_expansion *expansion, const struct vr_batches *batches,
    const struct vr_batch *batch, char **ret_text, struct vr_err *err)
{
    char *text = NULL;
    size_t size;
    FILE *memory = open_memstream(&text, &size);
    if (!memory)
        return no_memory(err);
    int r = put_records(expansion, batches, batch, memory, err);
    if (fclose(memory) != 0 && r == 0)
        r = no_memory(err);
    if (r < 0)
        free(text);
    else
        *ret_text = text;
    return r;
}

static int absolute(const char *path, char **ret_path, struct vr_err *err)
{
    *ret_path = realpath(path, NULL);
    return *ret_path ? 0 : vr_err_set(err, VR_ERR_NOT_FOUND, "%s: its place cannot be found", path);
}

int vr_batch_order(
    const struct vr_expansion *expansion, const struct vr_batches *batches, size_t index,
    char **ret_text, struct vr_err *err)
{
    const struct vr_campaign *campaign = expansion->campaign;
    const struct vr_batch *batch = &batches->items[index];
    const struct vr_expansion_group *group = &expansion->groups[batch->group];
    _cleanup_free_ char *folder = vr_expand_directory(group->scenario->file);
    _cleanup_free_ char *directory = NULL, *firmware = NULL, *records = NULL;
    _cleanup_free_ const char **keys = calloc(batch->count, sizeof *keys);
    struct vr_order order;
    int r = folder && keys ? absolute(folder, &directory, err) : no_memory(err);
    if (r == 0 && group->firmware)
        r = absolute(group->firmware->path, &firmware, err);
    if (r == 0)
        r = records_text(expansion, batches, batch, &records, err);
    if (r < 0)
        return r;
    for (size_t i = 0; i < batch->count; i++)
        keys[i] = expansion->cells[batches->cells[batch->first + i]].key;

    vr_order_init(&order);
    order.scenario = group->scenario->text;
    order.scenario_file = group->scenario->file;
    order.directory = directory;
    order.dut = group->wanted;
    order.records = records;
    order.repeat = 1;
    order.repeat_first = batch->repeat;
    order.has_seed = campaign->has_seed;
    order.seed = campaign->seed;
    order.firmware = firmware;
    order.priority = campaign->priority;
    for (size_t i = 0; i < campaign->tag_count; i++)
        order.tags[order.tag_count++] = campaign->tags[i];
    order.campaign = campaign->name;
    order.keys = keys;
    order.key_count = batch->count;
    return vr_order_text(&order, ret_text, err);
}
