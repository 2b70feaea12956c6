/* What the verbs that compare runs, episodes and measurements do alike: parse, compare every record, then print.
 *
 * Everything is compared before anything is printed: an error leaves no half result behind. */
#ifndef VR_CLI_SCORE_FRAME_H
#define VR_CLI_SCORE_FRAME_H

#include "cli/score_options.h"

/* Names of what was compared; borrowed from the arguments. */
struct vr_score_names {
    const char *record;
    const char *reference, *test; /* annotators, as given */
};

/* A record, read. */
struct vr_score_case {
    struct vr_mark *reference, *test; /* not sorted yet */
    size_t reference_count, test_count;
    struct vr_ec57_options ec57;
};

/* A verb.  `arguments` are its own; `counts` is counts_size zeroed bytes for each record. */
struct vr_score_frame {
    const struct argp_option *argp_options;
    argp_parser_t parse;
    const char *doc;
    void *arguments;
    struct vr_score_pairs *pairs;           /* in them */
    const struct vr_score_options *options; /* in them */
    size_t counts_size;

    int (*compare)(
        const void *arguments, const struct vr_score_case *input, void *counts, struct vr_err *err);
    void (*add)(void *sum, const void *counts);

    /* JSON: members of the answer before "records" (NULL = none), and members of a record and of "gross". */
    void (*write_head)(const void *arguments, struct vr_json_writer *writer);
    void (*write)(const void *arguments, struct vr_json_writer *writer, const void *counts);

    /* The text forms, on stdout. */
    void (*put_line_head)(const void *arguments);
    void (*put_line)(const void *arguments, const struct vr_score_names *names, const void *counts);
    void (*put_table)(
        const void *arguments, const struct vr_score_names *names, const void *counts);
};

/* The verb's exit code. */
int vr_score_frame_run(const struct vr_score_frame *frame, int argc, char **argv);

#endif
