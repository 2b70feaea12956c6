/* Requests of a client, for those who read the answer as it comes (cli/client.c, cli/event_stream.c). */
#ifndef VR_CLI_CLIENT_REQUEST_H
#define VR_CLI_CLIENT_REQUEST_H

#include "cli/curl_library.h"

#include "cli/client.h"

struct vr_client {
    char *socket;
    int fd;     /* of the connection that was opened last, -1 = none */
    CURL *curl; /* NULL until the first question */
};

/* An answer that is kept whole: JSON, or why there is none. */
struct vr_client_text {
    char *bytes;
    size_t size, size_max;
};

/* Set up `curl` for a request; deadlines and the sink of the answer are the caller's.  *headers is the caller's to free behind the request. */
int vr_client_prepare(
    struct vr_client *client, CURL *curl, const char *method, const char *path, const char *body,
    struct curl_slist **headers, struct vr_err *err);
/* 0, or VR_ERR_NO_MEMORY: one header more. */
int vr_client_add_header(struct curl_slist **headers, const char *header, struct vr_err *err);

/* What a transfer that failed, or an answer that is no success, means in words. */
int vr_client_failed(
    struct vr_client *client, CURLcode code, const char *method, const char *path,
    struct vr_err *err);
int vr_client_refused(
    struct vr_client *client, long status, const struct vr_client_text *answer, const char *method,
    const char *path, struct vr_err *err);

/* curl's write function for a struct vr_client_text. */
size_t vr_client_keep(char *bytes, size_t one, size_t count, void *text);

#endif
