/* curl's multi interface with one transfer: its poll takes other descriptors, too. */
#include "cli/event_stream.h"

#include <stdlib.h>
#include <string.h>

#include "base/clock.h"
#include "cli/client_request.h"

#define HEAD_TIMEOUT_NS (10 * VR_NS_PER_S)
#define OTHERS_MAX 4
#define STATUS_NO_CONTENT 204
#define STATUS_UNAVAILABLE 503 /* the daemon is ending, or has too many clients */

/* The daemon sends at least a comment every 15 s. */
#define SILENCE_MAX_NS (60 * VR_NS_PER_S)

struct vr_event_stream {
    struct vr_client *client;
    char *method, *path; /* for messages */
    CURLM *multi;
    CURL *curl;
    struct curl_slist *headers;
    struct vr_sse sse;
    struct vr_client_text refusal;
    struct vr_err err; /* of an event */
    int64_t head_deadline_ns;
    int64_t heard_ns; /* 0 = not yet */
    bool is_cut;
    int fd;
};

static long status_of(const struct vr_event_stream *stream)
{
    long status = 0;
    vr_curl.easy_getinfo(stream->curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static bool is_success(long status)
{
    return status >= 200 && status <= 299;
}

static size_t take(char *bytes, size_t one, size_t count, void *context)
{
    struct vr_event_stream *stream = context;
    if (!is_success(status_of(stream)))
        return vr_client_keep(bytes, one, count, &stream->refusal);
    stream->heard_ns = vr_clock_monotonic_ns();
    if (vr_sse_feed(&stream->sse, bytes, one * count, &stream->err) == 0)
        return one * count;
    if (stream->err.code == VR_ERR_INPUT) /* what the daemon says wrong is no fault of the input */
        stream->err.code = VR_ERR_LINK;
    return 0;
}

static int start(
    struct vr_event_stream *stream, const struct vr_event_stream_setup *setup, struct vr_err *err)
{
    char last_id[sizeof "Last-Event-ID: " + VR_SSE_WORD_SIZE];
    int r = vr_client_prepare(
        stream->client, stream->curl, setup->method, setup->path, setup->body, &stream->headers,
        err);
    if (r == 0)
        r = vr_client_add_header(&stream->headers, "Accept: text/event-stream", err);
    if (r == 0 && setup->is_only)
        r = vr_client_add_header(&stream->headers, "Connection: close", err);
    if (r == 0 && setup->last_id && setup->last_id[0]) {
        snprintf(last_id, sizeof last_id, "Last-Event-ID: %s", setup->last_id);
        r = vr_client_add_header(&stream->headers, last_id, err);
    }
    if (r < 0)
        return r;
    stream->client->fd = -1;
    vr_curl.easy_setopt(stream->curl, CURLOPT_HTTPHEADER, stream->headers);
    vr_curl.easy_setopt(stream->curl, CURLOPT_WRITEFUNCTION, take);
    vr_curl.easy_setopt(stream->curl, CURLOPT_WRITEDATA, stream);
    if (vr_curl.multi_add_handle(stream->multi, stream->curl) != CURLM_OK)
        return vr_err_set(err, VR_ERR_INTERNAL, "libcurl does not start");
    return 0;
}

int vr_event_stream_open(
    const struct vr_event_stream_setup *setup, struct vr_event_stream **ret_stream,
    struct vr_err *err)
{
    struct vr_event_stream *stream = calloc(1, sizeof *stream);
    *ret_stream = stream;
    if (!stream)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a stream");
    stream->client = setup->client;
    stream->method = strdup(setup->method);
    stream->path = strdup(setup->path);
    stream->multi = vr_curl.multi_init();
    stream->curl = vr_curl.easy_init();
    stream->refusal.size_max = VR_JSON_SIZE_MAX;
    stream->head_deadline_ns = vr_clock_monotonic_ns() + HEAD_TIMEOUT_NS;
    stream->fd = -1;
    vr_sse_init(&stream->sse, setup->event, setup->context);
    if (!stream->method || !stream->path || !stream->multi || !stream->curl)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a stream");
    return start(stream, setup, err);
}

void vr_event_stream_close(struct vr_event_stream *stream)
{
    if (!stream)
        return;
    if (stream->multi && stream->curl)
        vr_curl.multi_remove_handle(stream->multi, stream->curl);
    if (stream->curl)
        vr_curl.easy_cleanup(stream->curl);
    if (stream->multi)
        vr_curl.multi_cleanup(stream->multi);
    vr_curl.slist_free_all(stream->headers);
    vr_sse_finish(&stream->sse);
    free(stream->refusal.bytes);
    free(stream->method);
    free(stream->path);
    free(stream);
}

void vr_event_stream_closep(struct vr_event_stream **stream)
{
    vr_event_stream_close(*stream);
}

bool vr_event_stream_is_cut(const struct vr_event_stream *stream)
{
    return stream->is_cut;
}

bool vr_event_stream_is_over(const struct vr_event_stream *stream)
{
    return status_of(stream) == STATUS_NO_CONTENT;
}

int vr_event_stream_fd(const struct vr_event_stream *stream)
{
    return stream->fd;
}

static int finish(struct vr_event_stream *stream, CURLcode code, struct vr_err *err)
{
    long status = status_of(stream);
    if (stream->err.code) {
        if (err)
            *err = stream->err;
        return -stream->err.code;
    }
    if (code == CURLE_OK && is_success(status))
        return 0;
    stream->is_cut = code != CURLE_OK || status == STATUS_UNAVAILABLE;
    if (code == CURLE_OK)
        return vr_client_refused(
            stream->client, status, &stream->refusal, stream->method, stream->path, err);
    return vr_client_failed(stream->client, code, stream->method, stream->path, err);
}

/* What the transfer has to do now; 1 = it goes on. */
static int perform(struct vr_event_stream *stream, struct vr_err *err)
{
    int running, queued;
    vr_curl.multi_perform(stream->multi, &running);
    if (stream->fd < 0)
        stream->fd = stream->client->fd;
    const CURLMsg *message = vr_curl.multi_info_read(stream->multi, &queued);
    if (message && message->msg == CURLMSG_DONE)
        return finish(stream, message->data.result, err);
    int64_t now_ns = vr_clock_monotonic_ns();
    if (status_of(stream) == 0 ? now_ns > stream->head_deadline_ns
                               : stream->heard_ns && now_ns - stream->heard_ns > SILENCE_MAX_NS) {
        stream->is_cut = true;
        return vr_client_failed(
            stream->client, CURLE_OPERATION_TIMEDOUT, stream->method, stream->path, err);
    }
    return 1;
}

static int head_timeout_ms(const struct vr_event_stream *stream)
{
    int64_t left_ns = stream->head_deadline_ns - vr_clock_monotonic_ns();
    return left_ns < 0 ? 0 : (int)(left_ns / VR_NS_PER_MS) + 1;
}

int vr_event_stream_turn(
    struct vr_event_stream *stream, struct pollfd *others, size_t count, int timeout_ms,
    struct vr_err *err)
{
    struct curl_waitfd extra[OTHERS_MAX] = {0};
    int r = perform(stream, err);
    if (r <= 0)
        return r;
    for (size_t i = 0; i < count && i < OTHERS_MAX; i++)
        extra[i] = (struct curl_waitfd){.fd = others[i].fd, .events = CURL_WAIT_POLLIN};
    if (status_of(stream) == 0 && (timeout_ms < 0 || timeout_ms > head_timeout_ms(stream)))
        timeout_ms = head_timeout_ms(stream);
    /* It has no "for ever"; a turn that ends early hurts nobody. */
    vr_curl.multi_poll(
        stream->multi, extra, (unsigned)count, timeout_ms < 0 ? 60000 : timeout_ms, NULL);
    for (size_t i = 0; i < count && i < OTHERS_MAX; i++)
        others[i].revents = (short)(extra[i].revents & CURL_WAIT_POLLIN ? POLLIN : 0);
    return perform(stream, err);
}
