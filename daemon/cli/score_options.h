/* What the comparisons of ANSI/AAMI EC57 have in common on the command line: --from, --compat and the form of the result.
 * An argp child like that of score_pairs.h. */
#ifndef VR_CLI_SCORE_OPTIONS_H
#define VR_CLI_SCORE_OPTIONS_H

#include <argp.h>
#include <stdbool.h>

#include "base/json_write.h"
#include "cli/score_pairs.h"
#include "score/ec57.h"
#include "score/event.h"
#include "score/mark.h"

enum vr_score_form { VR_SCORE_LINE, VR_SCORE_TABLE, VR_SCORE_JSON };

/* Zeroed before parsing. */
struct vr_score_options {
    double from_s, window_ms; /* those of EC57 unless given */
    bool has_from;
    enum vr_compat compat;
    enum vr_score_form form; /* a line */
};

extern const struct argp vr_score_options_argp;

/* The rules for a record. */
struct vr_ec57_options vr_score_ec57(
    const struct vr_score_options *options, const struct vr_annotated *record);

/* Say on stderr when they are not those of EC57: whoever reports the numbers has to say so, too. */
void vr_score_options_say(const struct vr_score_options *options);

/* Members "from_s", "window_ms" and "compat" of the open object. */
void vr_score_options_json(const struct vr_score_options *options, struct vr_json_writer *writer);

/* Annotations as the scorers read them; the caller frees them.  NULL = no memory.  Texts stay those of the list. */
struct vr_event *vr_score_events(const struct vr_annotations *list);
struct vr_mark *vr_score_marks(const struct vr_annotations *list);

#endif
