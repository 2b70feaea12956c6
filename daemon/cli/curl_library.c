/* libcurl by name. */
#include "cli/curl_library.h"

#include <dlfcn.h>
#include <stdbool.h>
#include <stddef.h>

struct vr_curl vr_curl;

static int find(void *library, const char *name, void *place, struct vr_err *err)
{
    void *symbol = dlsym(library, name);
    if (!symbol)
        return vr_err_set(err, VR_ERR_NOT_FOUND, "libcurl has no %s: it is too old", name);
    *(void **)place = symbol;
    return 0;
}

int vr_curl_load(struct vr_err *err)
{
    static void *library;
    static const char *const names[] = {"libcurl-gnutls.so.4", "libcurl.so.4"};
    if (library)
        return 0;
    void *found = NULL;
    for (size_t i = 0; i < sizeof names / sizeof *names && !found; i++)
        found = dlopen(names[i], RTLD_LAZY | RTLD_LOCAL);
    if (!found)
        return vr_err_set(
            err, VR_ERR_NOT_FOUND,
            "daemons and servers are spoken to through libcurl, which is not installed (Debian: "
            "libcurl3-gnutls): %s",
            dlerror());
    int r = 0;
#define X(name) \
    if (r == 0) \
        r = find(found, "curl_" #name, &vr_curl.name, err);
    VR_CURL_FUNCTIONS(X)
#undef X
    if (r == 0)
        library = found;
    return r;
}
