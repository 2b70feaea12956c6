/* service/route and service/admit: any request line and head is refused with a status, or has one meaning.
 *
 * The input: a byte (1 = over TCP), the request line without its version, and lines of the head. */
#include <string.h>

#include "base/utf8.h"
#include "fuzz.h"
#include "service/admit.h"
#include "service/route.h"

#define TOKEN "0123456789abcdef0123456789abcdef"

static void check_text(const char *text)
{
    size_t size = strlen(text);
    FUZZ_ASSERT(size < VR_ROUTE_VALUE_SIZE);
    for (size_t at = 0, step; at < size; at += step) {
        step = vr_utf8_size(text + at, size - at);
        FUZZ_ASSERT(step > 0 && (unsigned char)text[at] >= 0x20 && text[at] != 0x7f);
    }
}

static void check_route(const char *method, const char *target)
{
    struct vr_route route;
    struct vr_route_refusal refusal;
    int64_t value;
    if (vr_route_find(method, target, &route, &refusal) < 0) {
        FUZZ_ASSERT(refusal.status == 400 || refusal.status == 404 || refusal.status == 405);
        FUZZ_ASSERT(refusal.err.code && refusal.err.text[0]);
        FUZZ_ASSERT((refusal.status == 405) == (refusal.allow[0] != '\0'));
        return;
    }
    FUZZ_ASSERT(target[0] == '/' && route.operation < VR_OPERATION_COUNT);
    FUZZ_ASSERT(route.number >= 0 && !strchr(route.name, '/'));
    FUZZ_ASSERT(strcmp(route.name, "..") != 0 && strcmp(route.name, ".") != 0);
    FUZZ_ASSERT(route.parameter_count <= VR_ROUTE_PARAMETERS);
    check_text(route.name);
    for (size_t i = 0; i < route.parameter_count; i++) {
        struct vr_err err = {0};
        check_text(route.parameters[i].value);
        FUZZ_ASSERT(route.parameters[i].value[0]);
        if (vr_route_number(&route, route.parameters[i].name, 3, 99, 0, &value, &err) == 0)
            FUZZ_ASSERT(value >= 3 && value <= 99);
        for (size_t k = 0; k < i; k++)
            FUZZ_ASSERT(route.parameters[k].name != route.parameters[i].name);
    }
}

/* What is let in over TCP has what the document asks for. */
static void check_admit(const struct vr_head *head, bool is_tcp)
{
    static struct vr_admit_port port;
    struct vr_admit_refusal refusal;
    uint64_t size;
    port.port = 8723;
    vr_digest_bytes(TOKEN, strlen(TOKEN), port.token);
    if (vr_admit(head, is_tcp ? &port : NULL, &refusal) < 0) {
        FUZZ_ASSERT(
            refusal.status == 400 || (is_tcp && refusal.status >= 401 && refusal.status <= 403));
        return;
    }
    FUZZ_ASSERT(!head->is_repeated);
    if (is_tcp) {
        FUZZ_ASSERT(head->authorization && strcmp(head->authorization + 7, TOKEN) == 0);
        FUZZ_ASSERT(head->host && strlen(head->host) <= strlen("127.0.0.1:8723"));
        FUZZ_ASSERT(!head->origin || strlen(head->origin) <= strlen("http://127.0.0.1:8723"));
        FUZZ_ASSERT(strcmp(head->method, "GET") == 0 || strcmp(head->vitalrig, "1") == 0);
    }
    for (int wanted = 0; wanted < 2; wanted++)
        if (vr_admit_body(head, wanted, &size, &refusal) == 0) {
            FUZZ_ASSERT(size <= VR_ADMIT_BODY_MAX && (size > 0) == wanted);
            FUZZ_ASSERT(!wanted || !strncasecmp(head->content_type, "application/json", 16));
        }
}

static void note(struct vr_head *head, char *line)
{
    const struct {
        const char *name;
        const char **place;
    } fields[] = {
        {"Host", &head->host},
        {"Origin", &head->origin},
        {"Authorization", &head->authorization},
        {"X-VitalRig", &head->vitalrig},
        {"Content-Type", &head->content_type},
        {"Content-Length", &head->content_length},
        {"Transfer-Encoding", &head->transfer_encoding},
    };
    char *colon = strstr(line, ": ");
    if (!colon)
        return;
    *colon = '\0';
    for (size_t i = 0; i < sizeof fields / sizeof *fields; i++) {
        if (strcasecmp(fields[i].name, line) != 0)
            continue;
        head->is_repeated |= *fields[i].place != NULL;
        *fields[i].place = colon + 2;
    }
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    if (size < 2)
        return 0;
    char *text = malloc(size), *rest = text, *line;
    if (!text)
        return 0;
    memcpy(text, data + 1, size - 1);
    text[size - 1] = '\0';
    char *method = strsep(&rest, "\n");
    char *target = strchr(method, ' ');
    if (target) {
        *target++ = '\0';
        check_route(method, target);
    }
    struct vr_head head = {.method = method};
    while ((line = strsep(&rest, "\n")))
        note(&head, line);
    check_admit(&head, data[0] & 1);
    free(text);
    return 0;
}
