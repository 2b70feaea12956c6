/* vitalrig show: the report of a run, or everything about one of its records. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/cleanup.h"
#include "cli/say.h"
#include "cli/source.h"
#include "cli/verb.h"
#include "report/report.h"

struct show_arguments {
    struct vr_source source;
    const char *run, *record, *form;
};

static const struct argp_option options[] = {
    {"format", 'f', "FORM", 0, "text, json or junit (default: text)", 0},
    {"json", 'j', NULL, 0, "The same as --format json", 0},
    {0},
};

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct show_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->source;
        break;
    case 'f':
        arguments->form = argument;
        break;
    case 'j':
        arguments->form = "json";
        break;
    case ARGP_KEY_ARG:
        if (state->arg_num == 0)
            arguments->run = argument;
        else if (state->arg_num == 1)
            arguments->record = argument;
        else
            argp_error(state, "\"%s\" is one argument too many", argument);
        break;
    case ARGP_KEY_END:
        if (!arguments->run)
            argp_error(state, "which run? Give its name, or \"last\"; `vitalrig runs` lists them");
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int show(const struct show_arguments *arguments, struct vr_err *err)
{
    _cleanup_(vr_store_closep) struct vr_store *store = NULL;
    _cleanup_(vr_report_finish) struct vr_report report = {0};
    int64_t run_id;

    const struct vr_report_driver *form = vr_report_find(arguments->form, err);
    if (!form)
        return -err->code;
    int r =
        vr_source_open_run(&arguments->source, arguments->run, VR_STORE_READ, &store, &run_id, err);
    if (r == 0)
        r = vr_report_load(store, run_id, &report, err);
    if (r == 0 && arguments->record)
        r = vr_report_narrow(store, arguments->record, &report, err);
    if (r == 0)
        form->write(&report, stdout);
    return r;
}

static int show_main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&vr_source_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "RUN [RECORD]",
        "The report of a run, or everything about one of its records: every attempt, its log, "
        "every metric.\v"
        "RUN is its name or the beginning of it, \"last\", \"last~1\" (the one before), or its "
        "number in the catalogue.",
        children,
        NULL,
        NULL};
    struct show_arguments arguments = {.form = "text"};
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    return show(&arguments, &err) < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

const struct vr_verb vr_verb_show = {
    .name = "show",
    .summary = "the report of a run, or one of its records in full",
    .run = show_main,
};
