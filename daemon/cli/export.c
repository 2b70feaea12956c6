/* vitalrig export: what a run has recorded, in the forms of other programs. */
#include <argp.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/export_power.h"
#include "cli/say.h"
#include "cli/verb.h"

/* Another form is one line here. */
static const struct form {
    const char *what, *name;
    int (*write)(FILE *file, const struct vr_trace *trace, struct vr_err *err);
} forms[] = {
    {"power", "csv", vr_export_power_csv},
};
#define FORMS (sizeof forms / sizeof *forms)

struct export_arguments {
    struct vr_trace_arguments trace;
    const char *what, *format;
    const struct form *form;
};

enum { KEY_WHAT = 0x100 };

static const struct argp_option options[] = {
    {"what", KEY_WHAT, "WHAT", 0, "power: the samples of a power trace", 0},
    {"format", 'f', "FORM", 0, "csv (default: csv)", 0},
    {0},
};

static void form_find(struct export_arguments *arguments, struct argp_state *state)
{
    if (!arguments->what)
        argp_error(state, "what? Give --what power");
    for (size_t i = 0; i < FORMS; i++) {
        if (strcmp(forms[i].what, arguments->what) == 0 &&
            strcmp(forms[i].name, arguments->format) == 0)
            arguments->form = &forms[i];
    }
    if (arguments->form)
        return;
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
    case ARGP_KEY_END:
        form_find(arguments, state);
        break;
    default:
        return ARGP_ERR_UNKNOWN;
    }
    return 0;
}

static int export_main(int argc, char **argv)
{
    static const struct argp_child children[] = {{&vr_trace_argp, 0, NULL, 0}, {0}};
    static const struct argp argp = {
        options,
        parse,
        "RUN",
        "What a run has recorded, on stdout in the form of another program.\v"
        "csv: sample, time_s, then current_a, power_w or energy_j, volts where they are known, and "
        "the digital inputs line0 to line7 where there are any.  The value of a sample that was "
        "lost is empty.",
        children,
        NULL,
        NULL};
    struct export_arguments arguments = {.format = "csv"};
    struct vr_trace trace;
    struct vr_err err = {0};

    argp_parse(&argp, argc, argv, 0, NULL, &arguments);
    int r = vr_trace_open(&arguments.trace, &trace, &err);
    if (r == 0) {
        r = arguments.form->write(stdout, &trace, &err);
        vr_trace_close(&trace);
    }
    return r < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}

const struct vr_verb vr_verb_export = {
    .name = "export",
    .summary = "what a run has recorded, for other programs",
    .run = export_main,
};
