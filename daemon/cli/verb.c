/* Dispatch of verbs. */
#include "cli/verb.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "base/nearest.h"
#include "cli/say.h"

#define VERBS_MAX 32
#define PROGRAM_SIZE 64

static int list_verbs(const struct vr_verbs *verbs, const char *program)
{
    printf("Usage: %s VERB [OPTION...]\n%s\n", program, verbs->intro);
    for (size_t i = 0; i < verbs->count; i++)
        if (verbs->items[i]->summary)
            printf("  %-10s %s\n", verbs->items[i]->name, verbs->items[i]->summary);
    if (verbs->examples)
        printf("\nExamples:\n%s", verbs->examples);
    if (verbs->more)
        verbs->more();
    printf("\n`%s help VERB` tells more about each.\n", program);
    return EXIT_SUCCESS;
}

static const struct vr_verb *verb_find(const struct vr_verbs *verbs, const char *name)
{
    for (size_t i = 0; i < verbs->count; i++)
        if (strcmp(verbs->items[i]->name, name) == 0)
            return verbs->items[i];
    return NULL;
}

static int refuse(const struct vr_verbs *verbs, const char *program, const char *name)
{
    const char *names[VERBS_MAX];
    size_t count = 0;
    for (size_t i = 0; i < verbs->count && count < VERBS_MAX; i++)
        if (verbs->items[i]->summary)
            names[count++] = verbs->items[i]->name;
    const char *nearest = vr_nearest(name, names, count);

    struct vr_err err;
    vr_err_set(
        &err, VR_ERR_USAGE, "\"%s\" is no verb%s%s%s `%s --help` lists them", name,
        nearest ? "; did you mean \"" : ";", nearest ? nearest : "", nearest ? "\"?" : "", program);
    return vr_say_err(&err);
}

int vr_verbs_run(const struct vr_verbs *verbs, int argc, char **argv)
{
    const char *program = argv[0], *name = argc > 1 ? argv[1] : "help";
    static char help[] = "--help";
    char verb_program[PROGRAM_SIZE];

    if (strcmp(name, "help") == 0 && argc > 2) {
        const struct vr_verb *verb = verb_find(verbs, argv[2]);
        if (!verb)
            return refuse(verbs, program, argv[2]);
        snprintf(verb_program, sizeof verb_program, "%s %s", program, verb->name);
        char *help_argv[] = {verb_program, help, NULL};
        return verb->run(2, help_argv);
    }
    if (strcmp(name, "help") == 0 || strcmp(name, help) == 0 || strcmp(name, "-h") == 0 ||
        strcmp(name, "-?") == 0)
        return list_verbs(verbs, program);

    const struct vr_verb *verb = verb_find(verbs, name);
    if (!verb)
        return refuse(verbs, program, name);
    snprintf(verb_program, sizeof verb_program, "%s %s", program, verb->name);
    argv[1] = verb_program;
    return verb->run(argc - 1, argv + 1);
}
