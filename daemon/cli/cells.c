#include "cli/cells.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/json_member.h"
#include "base/json_text.h"
#include "cli/owner.h"
#include "cli/places.h"
#include "cli/scenarios.h"

#define KEYS_MAX 2000 /* that may be asked for at once */

static int no_memory(struct vr_err *err)
{
    return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a campaign");
}

/* --- opening --- */

static int find_daemon(struct vr_cells *cells, struct vr_err *err)
{
    if (cells->choice.none)
        return 0;
    int r = vr_owner_find(&cells->choice, cells->rig, &cells->client, err);
    if (r < 0 || !cells->client)
        return r;
    return vr_client_call(cells->client, "GET", "/v1", NULL, &cells->info, err);
}

const char *vr_cells_rig(const struct vr_cells *cells)
{
    if (cells->rig || !cells->info)
        return cells->rig;
    const char *rig = vr_member_text(vr_json_doc_root(cells->info), "rig_file");
    return rig[0] ? rig : NULL;
}

int vr_cells_open(struct vr_cells *cells, const char *file, struct vr_err *err)
{
    int r = vr_campaign_load(file, &cells->campaign, err);
    if (r == 0)
        r = find_daemon(cells, err);
    if (r == 0)
        r = vr_places_dut_program(&cells->sim_program, err);
    if (r == 0)
        r = vr_places_meter_program(&cells->meter_program, err);
    if (r < 0)
        return r;
    const struct vr_expansion_options options = {
        .rig = vr_cells_rig(cells),
        .sim_program = cells->sim_program,
        .meter_program = cells->meter_program,
    };
    r = vr_expansion_make(cells->campaign, &options, &cells->expansion, err);
    if (r < 0)
        return r;
    cells->states = calloc(cells->expansion.cell_count + 1, sizeof *cells->states);
    cells->results = calloc(cells->expansion.cell_count + 1, sizeof *cells->results);
    return cells->states && cells->results ? 0 : no_memory(err);
}

void vr_cells_finish(struct vr_cells *cells)
{
    free(cells->states);
    free(cells->results);
    vr_expansion_finish(&cells->expansion);
    vr_campaign_destroy(cells->campaign);
    vr_json_doc_destroy(cells->info);
    vr_client_close(cells->client);
    free(cells->sim_program);
    free(cells->meter_program);
}

/* --- the daemon's word --- */

/* {"keys": [...]} of cells first .. end - 1 that are wanted. */
static int keys_text(
    const struct vr_cells *cells, size_t first, size_t end, bool stored_only, char **ret_text,
    struct vr_err *err)
{
    struct vr_json_text text;
    int r = vr_json_text_begin(&text, err);
    if (r < 0)
        return r;
    vr_json_write_object(&text.writer, NULL);
    vr_json_write_array(&text.writer, "keys");
    for (size_t i = first; i < end; i++)
        if (!stored_only || cells->states[i] == VR_CELL_STORED)
            vr_json_write_string(&text.writer, NULL, cells->expansion.cells[i].key);
    vr_json_write_end(&text.writer);
    vr_json_write_end(&text.writer);
    return vr_json_text_end(&text, ret_text, err);
}

/* The answer lists keys in the order in which they were asked for: one walk finds them all. */
static void take_states(
    struct vr_cells *cells, size_t first, size_t end, const struct vr_json *list,
    enum vr_cell_state state)
{
    const struct vr_json *node = list ? vr_json_first(list) : NULL;
    for (size_t i = first; i < end && node; i++) {
        if (vr_json_kind(node) != VR_JSON_STRING ||
            strcmp(vr_json_string(node), cells->expansion.cells[i].key) != 0)
            continue;
        cells->states[i] = state;
        node = vr_json_next(node);
    }
}

static int ask_states(struct vr_cells *cells, size_t first, size_t end, struct vr_err *err)
{
    _cleanup_free_ char *text = NULL;
    struct vr_json_doc *doc = NULL;
    int r = keys_text(cells, first, end, false, &text, err);
    if (r == 0)
        r = vr_client_call(cells->client, "POST", "/v1/results/missing", text, &doc, err);
    if (r < 0)
        return r;
    for (size_t i = first; i < end; i++)
        cells->states[i] = VR_CELL_STORED;
    const struct vr_json *root = vr_json_doc_root(doc);
    take_states(cells, first, end, vr_member(root, "missing"), VR_CELL_MISSING);
    take_states(cells, first, end, vr_member(root, "pending"), VR_CELL_PENDING);
    vr_json_doc_destroy(doc);
    return 0;
}

static void take_results(
    struct vr_cells *cells, size_t first, size_t end, const struct vr_json *list)
{
    const struct vr_json *node = list ? vr_json_first(list) : NULL;
    for (size_t i = first; i < end && node; i++) {
        struct vr_result_row *result = &cells->results[i];
        if (strcmp(vr_member_text(node, "key"), cells->expansion.cells[i].key) != 0)
            continue;
        snprintf(result->run, sizeof result->run, "%s", vr_member_text(node, "run"));
        snprintf(result->verdict, sizeof result->verdict, "%s", vr_member_text(node, "verdict"));
        result->exit_code = (int)vr_member_int(node, "exit_code", -1);
        result->digests = vr_member_int(node, "digests", 0);
        node = vr_json_next(node);
    }
}

static int ask_results(struct vr_cells *cells, size_t first, size_t end, struct vr_err *err)
{
    _cleanup_free_ char *text = NULL;
    struct vr_json_doc *doc = NULL;
    int r = keys_text(cells, first, end, true, &text, err);
    if (r == 0)
        r = vr_client_call(cells->client, "POST", "/v1/results/find", text, &doc, err);
    if (r < 0)
        return r;
    take_results(cells, first, end, vr_member(vr_json_doc_root(doc), "results"));
    vr_json_doc_destroy(doc);
    return 0;
}

typedef int ask_fn(struct vr_cells *cells, size_t first, size_t end, struct vr_err *err);

static int ask_all(struct vr_cells *cells, ask_fn *ask, struct vr_err *err)
{
    size_t count = cells->expansion.cell_count;
    int r = 0;
    for (size_t first = 0; first < count && r == 0; first += KEYS_MAX)
        r = ask(cells, first, first + KEYS_MAX < count ? first + KEYS_MAX : count, err);
    return r;
}

/* --- the catalogue's --- */

static int look_up(struct vr_cells *cells, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    _cleanup_free_ char *path = NULL;
    int r = cells->db ? 0 : vr_places_catalogue(&path, err);
    const char *db = cells->db ? cells->db : path;
    if (r < 0)
        return r;
    for (size_t i = 0; i < cells->expansion.cell_count; i++)
        cells->results[i] = (struct vr_result_row){.exit_code = -1};
    if (access(db, F_OK) == 0)
        r = vr_store_open(db, VR_STORE_READ, &store, err);
    for (size_t i = 0; store && r == 0 && i < cells->expansion.cell_count; i++)
        r = vr_store_result_get(store, cells->expansion.cells[i].key, &cells->results[i], err);
    for (size_t i = 0; r == 0 && i < cells->expansion.cell_count; i++)
        cells->states[i] = cells->results[i].run[0] ? VR_CELL_STORED : VR_CELL_MISSING;
    return r;
}

/* --- both --- */

int vr_cells_look(struct vr_cells *cells, struct vr_err *err)
{
    int r = cells->client ? ask_all(cells, ask_states, err) : look_up(cells, err);
    memset(cells->counts, 0, sizeof cells->counts);
    for (size_t i = 0; r == 0 && i < cells->expansion.cell_count; i++)
        cells->counts[cells->states[i]]++;
    return r;
}

int vr_cells_judge(struct vr_cells *cells, struct vr_err *err)
{
    return cells->client ? ask_all(cells, ask_results, err) : 0;
}

struct vr_cells_verdict vr_cells_verdict(const struct vr_cells *cells)
{
    struct vr_cells_verdict verdict = {0};
    for (size_t i = 0; i < cells->expansion.cell_count; i++) {
        const struct vr_result_row *result = &cells->results[i];
        if (cells->states[i] != VR_CELL_STORED)
            continue;
        if (!result->run[0] || result->exit_code < 0)
            verdict.unjudged++;
        else
            verdict.exit_code = vr_exit_worse(verdict.exit_code, result->exit_code);
        verdict.nondeterministic += result->digests > 1;
    }
    return verdict;
}
