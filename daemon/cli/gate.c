/* vitalrig gate: judge the gates of a stored run again, and store nothing. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/rejudge.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "report/gates.h"
#include "report/plain.h"
#include "score/judge.h"

struct gate_arguments {
    struct vr_rejudge rejudge;
    bool json;
};

static const struct argp_option options[] = {
    {"json", 'j', NULL, 0, "One JSON object", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct gate_arguments *arguments = state->input;
    (void)argument;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->rejudge;
        break;
    case 'j':
        arguments->json = true;
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

/* --- printing --------------------------------------------------------------------------------- */

static const char *word_of(const struct vr_verdict *verdict)
{
    static const struct {
        const char *word, *shown;
    } words[] = {{"pass", "PASS"}, {"fail", "FAIL"}, {"rig", "RIG"}, {"inconclusive", "UNSURE"}};
    for (size_t i = 0; i < sizeof words / sizeof *words; i++)
        if (strcmp(verdict->word, words[i].word) == 0)
            return words[i].shown;
    return verdict->word;
}

static void put_text(struct vr_report *report, const struct vr_judgement *judgement)
{
    struct vr_gate_row *stored = report->gates;
    size_t stored_count = report->gate_count;
    report->gates = judgement->gates.items;
    report->gate_count = judgement->gates.count;
    fputs("run ", stdout);
    vr_plain_put(report->run.uid, stdout);
    fputs("  scenario ", stdout);
    vr_plain_put(report->run.scenario, stdout);
    putchar('\n');
    vr_gates_put(report, stdout);
    report->gates = stored;
    report->gate_count = stored_count;
    printf("\n%s: ", word_of(&judgement->verdict));
    vr_plain_put(judgement->verdict.why, stdout);
    putchar('\n');
}

static int put_json(
    const struct vr_report *report, const struct vr_judgement *judgement, struct vr_err *err)
{
    struct vr_json_writer writer;
    vr_answer_begin(&writer);
    vr_json_write_string(&writer, "run", report->run.uid);
    vr_json_write_string(&writer, "verdict", judgement->verdict.word);
    vr_json_write_int(&writer, "exit", judgement->verdict.exit_code);
    vr_json_write_string(&writer, "why", judgement->verdict.why);
    vr_json_write_array(&writer, "gates");
    for (size_t i = 0; i < judgement->gates.count; i++)
        vr_gate_write(&writer, &judgement->gates.items[i]);
    vr_json_write_end(&writer);
    return vr_answer_end(&writer, err);
}

/* --- judging ---------------------------------------------------------------------------------- */

static int gate(const struct gate_arguments *arguments, int *ret_exit_code, struct vr_err *err)
{
    _cleanup_(vr_rejudged_finish) struct vr_rejudged rejudged = {0};
    _cleanup_(vr_report_finish) struct vr_report report = {0};
    _cleanup_(vr_judgement_finish) struct vr_judgement judgement = {0};
    int r = vr_rejudge_open(&arguments->rejudge, VR_STORE_READ, &rejudged, err);
    if (r == 0)
        r = vr_judge_make(
            rejudged.store, rejudged.run_id, rejudged.scenario, &rejudged.baselines, &judgement,
            err);
    if (r == 0)
        r = vr_report_load(rejudged.store, rejudged.run_id, &report, err);
    if (r < 0)
        return r;
    *ret_exit_code = judgement.verdict.exit_code;
    if (arguments->json)
        return put_json(&report, &judgement, err);
    put_text(&report, &judgement);
    return 0;
}

static int gate_main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&vr_rejudge_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "RUN",
        "Judge the gates of a stored run again from its rows, and print them.  Nothing is stored, "
        "so that it works beside a "
        "daemon; `vitalrig rescore` stores.\v"
        "The exit code is the verdict's.  RUN is as in `vitalrig show`, or baseline:NAME.",
        children,
        NULL,
        NULL};
    struct gate_arguments arguments = {0};
    struct vr_err err = {0};
    int exit_code = EXIT_SUCCESS;

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return gate(&arguments, &exit_code, &err) < 0 ? vr_say_err(&err) : exit_code;
}

const struct vr_verb vr_verb_gate = {
    .name = "gate",
    .summary = "judge the gates of a stored run again, without storing",
    .run = gate_main,
};
