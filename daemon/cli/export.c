/* vitalrig export: what a run has recorded, in the forms of other programs. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/export_power.h"
#include "cli/say.h"
#include "cli/verb.h"
#include "dataset/draft.h"

/* Another form is one line here: a table, which goes anywhere, or a file of its own, which needs a name. */
static const struct form {
    const char *what, *name;
    int (*table)(FILE *file, const struct vr_trace *trace, struct vr_err *err);
    int (*file)(
        const char *path, const struct vr_trace *trace, bool is_filtered, struct vr_err *err);
} forms[] = {
    {"power", "csv", vr_export_power_csv, NULL},
    {"power", "ppk2", NULL, vr_export_power_ppk2},
};
#define FORMS (sizeof forms / sizeof *forms)

struct export_arguments {
    struct vr_trace_arguments trace;
    const char *what, *format, *out;
    bool filter;
    const struct form *form;
};

enum { KEY_WHAT = 0x100, KEY_FILTER };

static const struct argp_option options[] = {
    {"what", KEY_WHAT, "WHAT", 0, "power: the samples of a power trace", 0},
    {"format", 'f', "FORM", 0, "csv, ppk2 (default: csv)", 0},
    {"out", 'o', "FILE", 0, "Where to, over an older file (csv: default stdout)", 0},
    {"filter", KEY_FILTER, NULL, 0,
     "ppk2: smooth the spikes of the PPK2's range switches.  For looking at: it moves charge", 0},
    {0},
};

static void form_check(const struct export_arguments *arguments, struct argp_state *state)
{
    const struct form *form = arguments->form;
    if (form->file && !arguments->out)
        argp_error(state, "--out is missing: %s is a file of bytes, say which", form->name);
    if (form->table && arguments->filter)
        argp_error(state, "--filter: %s has the values as they are; it is for ppk2", form->name);
}

static void form_find(struct export_arguments *arguments, struct argp_state *state)
{
    if (!arguments->what)
        argp_error(state, "what? Give --what power");
    for (size_t i = 0; i < FORMS; i++) {
        if (strcmp(forms[i].what, arguments->what) == 0 &&
            strcmp(forms[i].name, arguments->format) == 0)
            arguments->form = &forms[i];
    }
    if (arguments->form) {
        form_check(arguments, state);
        return;
    }
    const char *names[FORMS];
    size_t count = 0;
    for (size_t i = 0; i < FORMS; i++)
        if (strcmp(forms[i].what, arguments->what) == 0)
            names[count++] = forms[i].name;
    if (count == 0)
        argp_error(state, "--what: \"%s\" is nothing to export; there is: power", arguments->what);
    const char *nearest = vr_nearest(arguments->format, names, count);
    argp_error(
        state, "--format: \"%s\" is no form of %s; did you mean \"%s\"?", arguments->format,
        arguments->what, nearest ? nearest : names[0]);
}

static error_t parse(int key, char *argument, struct argp_state *state)
{
    struct export_arguments *arguments = state->input;
    switch (key) {
    case ARGP_KEY_INIT:
        state->child_inputs[0] = &arguments->trace;
        break;
    case KEY_WHAT:
        arguments->what = argument;
        break;
    case 'f':
        arguments->format = argument;
        break;
    case 'o':
        arguments->out = argument;
        break;
    case KEY_FILTER:
        arguments->filter = true;
        break;
    case ARGP_KEY_END:
        form_find(arguments, state);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int write_table(
    const struct export_arguments *arguments, const struct vr_trace *trace, struct vr_err *err)
{
    struct vr_draft draft;
    if (!arguments->out)
        return arguments->form->table(stdout, trace, err);
    int r = vr_draft_open(&draft, arguments->out, err);
    if (r < 0)
        return r;
    r = arguments->form->table(draft.file, trace, err);
    if (r == 0)
        r = vr_draft_commit(&draft, err);
    vr_draft_close(&draft);
    return r;
}

static int export_main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&vr_trace_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "RUN",
        "What a run has recorded, in the form of another program.\v"
        "csv: sample, time_s, then current_a, power_w or energy_j, volts where they are known, and "
        "the digital inputs line0 to line7 where there are any.  The value of a sample that was "
        "lost is empty.\n\n"
        "ppk2: the archive that nRF Connect Power Profiler opens: current and the inputs.  Of a "
        "trace "
        "of power or energy, current is what the voltage makes of it.  A sample that was lost is a "
        "hole.  It holds a whole number of samples a second, up to 100000.",
        children,
        NULL,
        NULL};
    struct export_arguments arguments = {.format = "csv"};
    struct vr_trace trace;
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int r = vr_trace_open(&arguments.trace, &trace, &err);
    if (r == 0) {
        r = arguments.form->file
                ? arguments.form->file(arguments.out, &trace, arguments.filter, &err)
                : write_table(&arguments, &trace, &err);
        vr_trace_close(&trace);
    }
    return r < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

const struct vr_verb vr_verb_export = {
    .name = "export",
    .summary = "what a run has recorded, for other programs",
    .run = export_main,
};
