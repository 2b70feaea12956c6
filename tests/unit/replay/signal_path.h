/* Streams of a built-in record, made by a scenario's words. */
#ifndef VR_TESTS_UNIT_REPLAY_SIGNAL_PATH_H
#define VR_TESTS_UNIT_REPLAY_SIGNAL_PATH_H

#include <criterion/criterion.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "replay/streams.h"

struct signal_path {
    struct vr_scenario *scenario;
    struct vr_dataset *dataset;
    struct vr_streams_setup setup;
    struct vr_streams streams;
};

/* `members` of the scenario, each with a comma behind it: "\"channels\": [...], \"signal_faults\": [...],". */
static inline int signal_path_try(
    struct signal_path *path, const char *dataset, const char *record, const char *members,
    struct vr_err *err)
{
    char text[2048];
    *path = (struct signal_path){0};
    snprintf(
        text, sizeof text,
        "{\"format\": 1, \"name\": \"t\", \"dataset\": {\"path\": \"%s\"},\n%s\n"
        "\"algorithm\": \"echo\", \"score\": [{\"task\": \"latency\"}]}",
        dataset, members);
    int r = vr_scenario_parse(text, strlen(text), "t.json", ".", &path->scenario, err);
    if (r == 0)
        r = vr_dataset_open("auto", dataset, record, &path->dataset, err);
    if (r < 0)
        return r;
    path->setup = (struct vr_streams_setup){
        .scenario = path->scenario,
        .dataset = path->dataset,
        .window = vr_streams_window(path->scenario),
        .seed = 1,
    };
    return vr_streams_init(&path->streams, &path->setup, err);
}

static inline void signal_path_finish(struct signal_path *path)
{
    vr_streams_finish(&path->streams);
    vr_dataset_close(path->dataset);
    vr_scenario_destroy(path->scenario);
}

static inline struct signal_path signal_path_open(const char *record, const char *members)
{
    struct signal_path path;
    struct vr_err err = {0};
    cr_assert_eq(signal_path_try(&path, "builtin:smoke", record, members, &err), 0, "%s", err.text);
    return path;
}

/* Of the first channel of a stream of one channel; the caller frees. */
static inline int16_t *signal_path_read(struct signal_path *path, size_t stream)
{
    struct vr_sample_source source = vr_streams_source(&path->streams);
    size_t count = (size_t)path->streams.items[stream].sample_count;
    int16_t *samples = calloc(count * path->streams.items[stream].wire.channels, sizeof *samples);
    struct vr_err err = {0};
    cr_assert_eq(source.read(source.context, stream, 0, count, samples, &err), 0, "%s", err.text);
    return samples;
}

#endif
