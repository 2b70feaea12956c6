/* Verbs: what `vitalrig VERB` runs.  One file per verb; this table type and its dispatch serve the
 * program and verbs that have verbs. */
#ifndef VR_CLI_VERB_H
#define VR_CLI_VERB_H

#include <stddef.h>

struct vr_verb {
    const char *name;    /* [a-z] */
    const char *summary; /* one line; NULL = programs call it, and it is not in the list */
    /* argv[0] is the whole name so far ("vitalrig dataset info"); returns the exit code (README.md,
     * "Exit codes"). */
    int (*run)(int argc, char **argv);
};

struct vr_verbs {
    const char *intro;    /* what it is, then a blank line; printed above the list */
    const char *examples; /* indented lines, printed below it; NULL = none */
    void (*more)(void);   /* prints what else stands below it; NULL = nothing */
    const struct vr_verb *const *items;
    size_t count;
};

/* Run the verb named by argv[1] with the arguments behind it.  No verb, `help`, `--help`: the list,
 * exit 0; `help VERB`: that verb's help. An unknown verb is named with its nearest word, exit 2. */
int vr_verbs_run(const struct vr_verbs *verbs, int argc, char **argv);

#endif
