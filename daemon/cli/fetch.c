/* One easy handle.  What a server answers is looked at before its first byte is written: a status, the part that it sends, its length. */
#include "cli/fetch.h"

#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/stat.h>
#include <sys/statvfs.h>
#include <unistd.h>

#include "base/cleanup.h"
#include "base/clock.h"
#include "cli/curl_library.h"

#define REDIRECTIONS_MAX 5
#define SLOW_BYTES_PER_S 100L
#define RESERVE_BYTES ((int64_t)16 << 20)
#define LOOK_BYTES ((int64_t)16 << 20) /* the free space is looked at anew after so many */
#define REFUSED_BYTES_MAX 65536        /* of a page that comes instead of the file */

struct vr_fetch {
    CURL *curl;
    const struct vr_fetch_watch *watch;
    long stall_s;
    char why[CURL_ERROR_SIZE];
    int64_t received; /* for this file */
    long retry_after_s;

    /* of the present request */
    const char *url;
    int fd;
    int64_t size_max;
    int64_t asked;         /* offset that was asked for */
    int64_t at;            /* where the next byte goes */
    int64_t looked_at;     /* where the free space was looked at last */
    int64_t refused_bytes; /* thrown away */
    char range[64];        /* value of Content-Range, or "" */
    bool has_begun;        /* what comes is the file */
    int64_t window_ns;     /* when the speed was looked at last, and what had come */
    int64_t window_received;
    bool is_stalled;
    struct vr_err *err; /* set when `failure` is */
    int failure;        /* negative: why no more is taken */
};

/* --- what is taken ----------------------------------------------------------------------------- */

static size_t take_header(char *bytes, size_t one, size_t count, void *context)
{
    static const char name[] = "content-range:";
    struct vr_fetch *fetch = context;
    size_t size = one * count, skip = sizeof name - 1;
    if (size >= 5 && memcmp(bytes, "HTTP/", 5) == 0) {
        fetch->range[0] = '\0';
    } else if (size > skip && strncasecmp(bytes, name, skip) == 0) {
        while (skip < size && (bytes[skip] == ' ' || bytes[skip] == '\t'))
            skip++;
        snprintf(fetch->range, sizeof fetch->range, "%.*s", (int)(size - skip), bytes + skip);
        fetch->range[strcspn(fetch->range, "\r\n")] = '\0';
    }
    return size;
}

static long status_of(const struct vr_fetch *fetch)
{
    long status = 0;
    vr_curl.easy_getinfo(fetch->curl, CURLINFO_RESPONSE_CODE, &status);
    return status;
}

static bool is_local(const char *url)
{
    return strncasecmp(url, "file:", 5) == 0;
}

static int begin_anew(struct vr_fetch *fetch)
{
    fetch->at = 0;
    return ftruncate(fetch->fd, 0) < 0 ? vr_err_set(
                                             fetch->err, VR_ERR_IO, "%s: cannot be begun anew: %s",
                                             fetch->url, strerror(errno))
                                       : 0;
}

/* `more` bytes must fit, and leave a reserve to everybody else. */
static int space_check(struct vr_fetch *fetch, int64_t more)
{
    struct statvfs disk;
    if (fstatvfs(fetch->fd, &disk) < 0 || disk.f_blocks == 0)
        return 0; /* memory, or no telling: the write itself will */
    int64_t free_bytes = (int64_t)disk.f_bavail * (int64_t)disk.f_frsize;
    fetch->looked_at = fetch->at;
    if (more <= free_bytes - RESERVE_BYTES)
        return 0;
    return vr_err_set(
        fetch->err, VR_ERR_IO,
        "%s: %.1f MB more are to come, and the disk has %.1f MB left, of which %.1f MB are not "
        "used; make room, or choose another folder with --to",
        fetch->url, (double)more / 1e6, (double)free_bytes / 1e6, (double)RESERVE_BYTES / 1e6);
}

static int size_check(struct vr_fetch *fetch, int64_t size)
{
    if (size <= fetch->size_max)
        return 0;
    return vr_err_set(
        fetch->err, VR_ERR_INPUT, "%s: more than the %" PRId64 " bytes that it may have",
        fetch->url, fetch->size_max);
}

/* The part that a 206 brings must be the one that was asked for. */
static int part_check(struct vr_fetch *fetch)
{
    char expected[48];
    snprintf(expected, sizeof expected, "bytes %" PRId64 "-", fetch->asked);
    if (fetch->asked > 0 && strncasecmp(fetch->range, expected, strlen(expected)) == 0)
        return 0;
    int r = begin_anew(fetch);
    return r < 0 ? r
                 : vr_err_set(
                       fetch->err, VR_ERR_LINK,
                       "%s: the server was asked for the bytes from %" PRId64
                       " on and sends others (\"%s\"); it is begun anew",
                       fetch->url, fetch->asked, fetch->range);
}

/* The head of an answer is there. */
static int answer_begin(struct vr_fetch *fetch)
{
    curl_off_t length = -1;
    long status = status_of(fetch);
    int r = status == 206 ? part_check(fetch) : fetch->asked > 0 ? begin_anew(fetch) : 0;
    fetch->has_begun = true;
    if (r == 0)
        r = size_check(fetch, fetch->at);
    vr_curl.easy_getinfo(fetch->curl, CURLINFO_CONTENT_LENGTH_DOWNLOAD_T, &length);
    if (r == 0 && length > 0)
        r = size_check(fetch, length > fetch->size_max ? length : fetch->at + length);
    return r < 0 ? r : space_check(fetch, length > 0 ? length : 0);
}

static int bytes_write(struct vr_fetch *fetch, const char *bytes, size_t size)
{
    for (size_t done = 0; done < size;) {
        ssize_t n = pwrite(fetch->fd, bytes + done, size - done, fetch->at);
        if (n < 0 && errno == EINTR)
            continue;
        if (n < 0)
            return vr_err_set(
                fetch->err, VR_ERR_IO, "%s: cannot be written: %s%s", fetch->url, strerror(errno),
                errno == ENOSPC || errno == EDQUOT
                    ? "; make room, or choose another folder with --to"
                    : "");
        done += (size_t)n;
        fetch->at += n;
    }
    fetch->received += (int64_t)size;
    return 0;
}

static bool is_file(long status)
{
    return status == 200 || status == 206 || status == 0;
}

static size_t take_body(char *bytes, size_t one, size_t count, void *context)
{
    struct vr_fetch *fetch = context;
    size_t size = one * count;
    if (!is_file(status_of(fetch))) {
        fetch->refused_bytes += (int64_t)size;
        return fetch->refused_bytes > REFUSED_BYTES_MAX ? 0 : size;
    }
    int r = fetch->has_begun ? 0 : answer_begin(fetch);
    if (r == 0)
        r = size_check(fetch, fetch->at + (int64_t)size);
    if (r == 0 && fetch->at - fetch->looked_at >= LOOK_BYTES)
        r = space_check(fetch, (int64_t)size);
    if (r == 0)
        r = bytes_write(fetch, bytes, size);
    fetch->failure = r;
    return r < 0 ? 0 : size;
}

/* About once a second, and with everything that comes.  libcurl's own limit of speed looks at a mean over several seconds more. */
static int tell_progress(
    void *context, curl_off_t down_total, curl_off_t down, curl_off_t up_total, curl_off_t up)
{
    struct vr_fetch *fetch = context;
    (void)down_total;
    (void)down;
    (void)up_total;
    (void)up;
    int64_t now_ns = vr_clock_monotonic_ns();
    if (now_ns - fetch->window_ns >= fetch->stall_s * VR_NS_PER_S) {
        fetch->is_stalled =
            fetch->received - fetch->window_received < SLOW_BYTES_PER_S * fetch->stall_s;
        fetch->window_ns = now_ns;
        fetch->window_received = fetch->received;
    }
    return fetch->is_stalled || fetch->watch->fn(fetch->watch->context, fetch->received) ? 1 : 0;
}

/* --- one request --------------------------------------------------------------------------------- */

static void request_prepare(struct vr_fetch *fetch, const char *range)
{
    CURL *curl = fetch->curl;
    vr_curl.easy_reset(curl);
    vr_curl.easy_setopt(curl, CURLOPT_URL, fetch->url);
    vr_curl.easy_setopt(curl, CURLOPT_PROTOCOLS_STR, "http,https,file");
    vr_curl.easy_setopt(curl, CURLOPT_FAILONERROR, 1L);
    vr_curl.easy_setopt(curl, CURLOPT_NOSIGNAL, 1L);
    vr_curl.easy_setopt(curl, CURLOPT_USERAGENT, "vitalrig/" VR_VERSION);
    vr_curl.easy_setopt(curl, CURLOPT_ERRORBUFFER, fetch->why);
    vr_curl.easy_setopt(curl, CURLOPT_CONNECTTIMEOUT, fetch->stall_s);
    vr_curl.easy_setopt(curl, CURLOPT_HEADERFUNCTION, take_header);
    vr_curl.easy_setopt(curl, CURLOPT_HEADERDATA, fetch);
    vr_curl.easy_setopt(curl, CURLOPT_WRITEFUNCTION, take_body);
    vr_curl.easy_setopt(curl, CURLOPT_WRITEDATA, fetch);
    vr_curl.easy_setopt(curl, CURLOPT_NOPROGRESS, 0L);
    vr_curl.easy_setopt(curl, CURLOPT_XFERINFOFUNCTION, tell_progress);
    vr_curl.easy_setopt(curl, CURLOPT_XFERINFODATA, fetch);
    if (range[0] != '\0')
        vr_curl.easy_setopt(curl, CURLOPT_RANGE, range);
    fetch->range[0] = fetch->why[0] = '\0';
    fetch->has_begun = false;
    fetch->refused_bytes = 0;
    fetch->failure = 0;
    fetch->is_stalled = false;
    fetch->window_ns = vr_clock_monotonic_ns();
    fetch->window_received = fetch->received;
}

static int refused(struct vr_fetch *fetch, long status)
{
    struct vr_err *err = fetch->err;
    curl_off_t retry_after_s = 0;
    bool is_for_now = status == 408 || status == 429 || (status >= 500 && status <= 599);
    if (is_for_now) {
        vr_curl.easy_getinfo(fetch->curl, CURLINFO_RETRY_AFTER, &retry_after_s);
        fetch->retry_after_s = (long)retry_after_s;
        return vr_err_set(
            err, VR_ERR_LINK, "%s: the server cannot now (status %ld)", fetch->url, status);
    }
    switch (status) {
    case 404:
    case 410:
        return vr_err_set(err, VR_ERR_NOT_FOUND, "%s: the server has no such file", fetch->url);
    case 401:
    case 403:
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: the server wants to know who asks (status %ld); such a database is fetched by "
            "hand, from its page",
            fetch->url, status);
    case 416:
        if (begin_anew(fetch) < 0)
            return -VR_ERR_IO;
        return vr_err_set(
            err, VR_ERR_LINK, "%s: has fewer bytes than are here already; it is begun anew",
            fetch->url);
    default:
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: the server refuses it (status %ld)", fetch->url, status);
    }
}

static int lost(struct vr_fetch *fetch, CURLcode code)
{
    if (fetch->is_stalled)
        return vr_err_set(
            fetch->err, VR_ERR_LINK, "%s: next to nothing has come for %ld s", fetch->url,
            fetch->stall_s);
    const char *why = fetch->why[0] ? fetch->why : vr_curl.easy_strerror(code);
    switch (code) {
    case CURLE_ABORTED_BY_CALLBACK:
        return vr_err_set(
            fetch->err, VR_ERR_INTERRUPTED, "stopped; the same command goes on where this one was");
    case CURLE_FILE_COULDNT_READ_FILE:
        return vr_err_set(fetch->err, VR_ERR_NOT_FOUND, "%s: no such file", fetch->url);
    case CURLE_UNSUPPORTED_PROTOCOL:
    case CURLE_URL_MALFORMAT:
    case CURLE_PEER_FAILED_VERIFICATION:
    case CURLE_SSL_CACERT_BADFILE:
        return vr_err_set(fetch->err, VR_ERR_INPUT, "%s: %s", fetch->url, why);
    case CURLE_OUT_OF_MEMORY:
        return vr_err_set(fetch->err, VR_ERR_NO_MEMORY, "%s: out of memory", fetch->url);
    default:
        return vr_err_set(fetch->err, VR_ERR_LINK, "%s: %s", fetch->url, why);
    }
}

/* 0 = whole, 1 = the server names another address. */
static int request(struct vr_fetch *fetch)
{
    char range[32] = "";
    struct stat info;
    if (fstat(fetch->fd, &info) < 0)
        return vr_err_set(fetch->err, VR_ERR_IO, "%s: %s", fetch->url, strerror(errno));
    fetch->at = fetch->asked = info.st_size;
    if (is_local(fetch->url) && fetch->asked > 0) {
        fetch->asked = 0;
        int r = begin_anew(fetch);
        if (r < 0)
            return r;
    }
    fetch->looked_at = fetch->at;
    if (fetch->asked > 0)
        snprintf(range, sizeof range, "%" PRId64 "-", fetch->asked);
    request_prepare(fetch, range);
    CURLcode code = vr_curl.easy_perform(fetch->curl);
    long status = status_of(fetch);
    if (fetch->failure < 0)
        return fetch->failure;
    if (code == CURLE_HTTP_RETURNED_ERROR)
        return refused(fetch, status);
    if (status >= 300 && status < 400 && (code == CURLE_OK || code == CURLE_WRITE_ERROR))
        return 1;
    if (code != CURLE_OK)
        return lost(fetch, code);
    if (!is_file(status))
        return refused(fetch, status);
    return fetch->has_begun ? 0 : answer_begin(fetch); /* no byte at all */
}

/* --- redirections -------------------------------------------------------------------------------- */

/* Bytes of "https://host:port". */
static size_t origin_size(const char *url)
{
    const char *host = strstr(url, "://");
    return host ? (size_t)(host + 3 - url) + strcspn(host + 3, "/?#") : 0;
}

static int follow(struct vr_fetch *fetch, char **ret_url)
{
    const char *target = NULL;
    vr_curl.easy_getinfo(fetch->curl, CURLINFO_REDIRECT_URL, &target);
    size_t size = origin_size(fetch->url);
    if (!target || size == 0 || origin_size(target) != size ||
        strncasecmp(target, fetch->url, size) != 0)
        return vr_err_set(
            fetch->err, VR_ERR_INPUT,
            "%s: the server sends elsewhere, to %s; where that is meant, give it with --base-url",
            fetch->url, target ? target : "no place");
    char *copy = strdup(target);
    if (!copy)
        return vr_err_set(fetch->err, VR_ERR_NO_MEMORY, "no memory for an address");
    free(*ret_url);
    *ret_url = copy;
    return 0;
}

int vr_fetch_file(
    struct vr_fetch *fetch, const char *url, int fd, int64_t size_max, struct vr_err *err)
{
    _cleanup_free_ char *target = strdup(url);
    if (!target)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for an address");
    fetch->fd = fd;
    fetch->size_max = size_max;
    fetch->err = err;
    fetch->received = 0;
    fetch->retry_after_s = 0;
    for (int i = 0; i <= REDIRECTIONS_MAX; i++) {
        fetch->url = target;
        int r = request(fetch);
        if (r == 1)
            r = follow(fetch, &target);
        else
            return r;
        if (r < 0)
            return r;
    }
    return vr_err_set(err, VR_ERR_INPUT, "%s: the server sends from one place to the next", url);
}

/* --- the connection ------------------------------------------------------------------------------ */

int vr_fetch_open(
    long stall_s, const struct vr_fetch_watch *watch, struct vr_fetch **ret_fetch,
    struct vr_err *err)
{
    int r = vr_curl_load(err);
    if (r < 0)
        return r;
    struct vr_fetch *fetch = calloc(1, sizeof *fetch);
    if (fetch)
        fetch->curl = vr_curl.easy_init();
    if (!fetch || !fetch->curl) {
        free(fetch);
        return vr_err_set(err, VR_ERR_NO_MEMORY, "no memory for a connection");
    }
    fetch->stall_s = stall_s;
    fetch->watch = watch;
    *ret_fetch = fetch;
    return 0;
}

void vr_fetch_closep(struct vr_fetch **fetch)
{
    if (!*fetch)
        return;
    vr_curl.easy_cleanup((*fetch)->curl);
    free(*fetch);
    *fetch = NULL;
}

int64_t vr_fetch_received(const struct vr_fetch *fetch)
{
    return fetch->received;
}

long vr_fetch_retry_after_s(const struct vr_fetch *fetch)
{
    return fetch->retry_after_s;
}
