/* The canonical text of a result's inputs, and its digest. */
#include "store/result_key.h"

#include <inttypes.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>

/* Control characters and '%' as %XX, so that no value can look like another line. */
static void value_add(struct vr_digest *digest, const char *value)
{
    for (; *value; value++) {
        unsigned char c = (unsigned char)*value;
        char escaped[4];
        if (c < 0x20 || c == 0x7f || c == '%') {
            snprintf(escaped, sizeof escaped, "%%%02X", c);
            vr_digest_update(digest, escaped, 3);
        } else {
            vr_digest_update(digest, value, 1);
        }
    }
}

static void text_add(struct vr_digest *digest, const char *key, const char *value)
{
    vr_digest_update(digest, key, strlen(key));
    vr_digest_update(digest, "=", 1);
    value_add(digest, value ? value : "");
    vr_digest_update(digest, "\n", 1);
}

static void number_add(struct vr_digest *digest, const char *key, int64_t value)
{
    char text[24];
    snprintf(text, sizeof text, "%" PRId64, value);
    text_add(digest, key, text);
}

/* What the device says of an image would be known only after a run, and the image's hash before it. */
static void firmware_add(struct vr_digest *digest, const struct vr_result_key_input *input)
{
    bool is_known = input->firmware_hash && input->firmware_hash[0];
    text_add(digest, "firmware_name", is_known ? NULL : input->firmware_name);
    text_add(digest, "firmware_version", is_known ? NULL : input->firmware_version);
    text_add(digest, "firmware_git", is_known ? NULL : input->firmware_git);
    text_add(digest, "firmware_hash", input->firmware_hash);
}

void vr_result_key(const struct vr_result_key_input *input, char ret_key[VR_DIGEST_HEX_SIZE])
{
    struct vr_digest digest;
    char seed[24];
    snprintf(seed, sizeof seed, "%" PRIu64, input->seed);

    vr_digest_init(&digest);
    text_add(&digest, "vitalrig_result_key", "2");
    text_add(&digest, "scenario_sha256", input->scenario_sha256);
    text_add(&digest, "record_sha256", input->record_sha256);
    number_add(&digest, "window_start", input->window_start);
    number_add(&digest, "window_count", input->window_count);
    firmware_add(&digest, input);
    text_add(&digest, "algorithm", input->algorithm);
    if (input->speed_milli)
        number_add(&digest, "pace", input->speed_milli);
    else
        text_add(&digest, "pace", input->pace);
    text_add(&digest, "model", input->model);
    text_add(&digest, "seed", seed);
    number_add(&digest, "repeat", input->repeat);
    number_add(&digest, "scorer_version", input->scorer_version);
    if (input->input_shape && input->input_shape[0])
        text_add(&digest, "input_shape", input->input_shape);
    if (input->signal && input->signal[0])
        text_add(&digest, "signal", input->signal);
    vr_digest_finish(&digest, ret_key);
}
