/* The steps of a verb that compares. */
#include "cli/score_frame.h"

#include <stdlib.h>

#include "base/cleanup.h"
#include "cli/answer.h"
#include "cli/say.h"

struct results {
    struct vr_score_names *names; /* of each record */
    unsigned char *counts;
    size_t count;
};

static void results_finish(struct results *results)
{
    free(results->names);
    free(results->counts);
}

static const void *counts_of(
    const struct vr_score_frame *frame, const struct results *results, size_t index)
{
    return results->counts + index * frame->counts_size;
}

static int compare(
    const struct vr_score_frame *frame, struct results *results, size_t index, struct vr_err *err)
{
    _cleanup_(vr_score_pair_finish) struct vr_score_pair pair = {0};
    int r = vr_score_pair_read(frame->pairs, index, &pair, err);
    if (r < 0)
        return r;
    _cleanup_free_ struct vr_mark *reference = vr_score_marks(&pair.reference);
    _cleanup_free_ struct vr_mark *test = vr_score_marks(&pair.test);
    if (!reference || !test)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for its events", pair.record.path);
    results->names[index] =
        (struct vr_score_names){pair.record.name, pair.reference_name, pair.test_name};
    const struct vr_score_case input = {
        .reference = reference,
        .test = test,
        .reference_count = pair.reference.count,
        .test_count = pair.test.count,
        .ec57 = vr_score_ec57(frame->options, &pair.record),
    };
    struct vr_err cause = {0};
    r = frame->compare(
        frame->arguments, &input, results->counts + index * frame->counts_size, &cause);
    return r < 0 ? vr_err_set(err, -r, "%s: %s", pair.record.path, cause.text) : 0;
}

static int print_json(
    const struct vr_score_frame *frame, const struct results *results, struct vr_err *err)
{
    _cleanup_free_ void *gross = calloc(1, frame->counts_size);
    struct vr_json_writer writer;
    if (!gross)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for the sum of all records");
    vr_answer_begin(&writer);
    vr_score_options_json(frame->options, &writer);
    if (frame->write_head)
        frame->write_head(frame->arguments, &writer);
    vr_json_write_array(&writer, "records");
    for (size_t i = 0; i < results->count; i++) {
        vr_json_write_object(&writer, NULL);
        vr_json_write_string(&writer, "record", results->names[i].record);
        vr_json_write_string(&writer, "ref", results->names[i].reference);
        vr_json_write_string(&writer, "test", results->names[i].test);
        frame->write(frame->arguments, &writer, counts_of(frame, results, i));
        vr_json_write_end(&writer);
        frame->add(gross, counts_of(frame, results, i));
    }
    vr_json_write_end(&writer);
    vr_json_write_object(&writer, "gross");
    frame->write(frame->arguments, &writer, gross);
    vr_json_write_end(&writer);
    return vr_answer_end(&writer, err);
}

static void print_text(const struct vr_score_frame *frame, const struct results *results)
{
    bool is_line = frame->options->form == VR_SCORE_LINE;
    if (is_line)
        frame->put_line_head(frame->arguments);
    for (size_t i = 0; i < results->count; i++)
        (is_line ? frame->put_line : frame->put_table)(
            frame->arguments, &results->names[i], counts_of(frame, results, i));
}

static int work(const struct vr_score_frame *frame, struct vr_err *err)
{
    size_t count = frame->pairs->records.count;
    _cleanup_(results_finish) struct results results = {
        .names = calloc(count, sizeof *results.names),
        .counts = calloc(count, frame->counts_size),
        .count = count,
    };
    if (!results.names || !results.counts)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for %zu records", count);
    for (size_t i = 0; i < count; i++) {
        int r = compare(frame, &results, i, err);
        if (r < 0)
            return r;
    }
    vr_score_options_say(frame->options);
    if (frame->options->form == VR_SCORE_JSON)
        return print_json(frame, &results, err);
    print_text(frame, &results);
    return 0;
}

int vr_score_frame_run(const struct vr_score_frame *frame, int argc, char **argv)
{
    static const struct argp_child children[] = {
        {&vr_score_pairs_argp, 0, NULL, 0}, {&vr_score_options_argp, 0, NULL, 0}, {0}};
    const struct argp argp = {
        .options = frame->argp_options,
        .parser = frame->parse,
        .doc = frame->doc,
        .children = children,
    };
    struct vr_err err = {0};
    argp_parse(&argp, argc, argv, 0, NULL, frame->arguments);
    int r = work(frame, &err);
    vr_score_pairs_finish(frame->pairs);
    return r < 0 ? vr_say_err(&err) : EXIT_SUCCESS;
}
