/* libcurl, loaded when a daemon or a server is spoken to for the first time.
 *
 * It brings some 25 libraries with it: linked, they would double the start of every verb (2.5 ms to 5.2 ms), of the many that speak to no
 * daemon too, and in an emulated guest they take seconds. */
#ifndef VR_CLI_CURL_LIBRARY_H
#define VR_CLI_CURL_LIBRARY_H

#include <curl/curl.h>

#include "base/err.h"

/* X(name): curl_NAME of libcurl. */
#define VR_CURL_FUNCTIONS(X) \
    X(easy_cleanup) \
    X(easy_escape) \
    X(easy_getinfo) \
    X(easy_init) \
    X(easy_perform) \
    X(easy_reset) \
    X(easy_setopt) \
    X(easy_strerror) \
    X(free) \
    X(multi_add_handle) \
    X(multi_cleanup) \
    X(multi_info_read) \
    X(multi_init) \
    X(multi_perform) \
    X(multi_poll) \
    X(multi_remove_handle) \
    X(slist_append) \
    X(slist_free_all)

/* Valid once vr_curl_load has returned 0. */
struct vr_curl {
#define X(name) __typeof__(curl_##name) *name;
    VR_CURL_FUNCTIONS(X)
#undef X
};
extern struct vr_curl vr_curl;

/* VR_ERR_NOT_FOUND says which package is missing.  Again is nothing. */
int vr_curl_load(struct vr_err *err);

#endif
