/* Method and target of a request, to an operation and its parameters. */
#include "service/route.h"

#include <string.h>

#include "base/utf8.h"

static const struct operation {
    const char *method, *path, *parameters;
    enum vr_role role;
} operations[] = {
#define X(name, method, path, role, parameters) {method, path, parameters, VR_ROLE_##role},
    VR_OPERATIONS(X)
#undef X
};

/* Fill the refusal; negative as the error is. */
#define REFUSE(refusal, answer, code, ...) \
    ((refusal)->status = (answer), vr_err_set(&(refusal)->err, code, "request: " __VA_ARGS__))

/* --- decoding -------------------------------------------------------------------------------- */

static int hex_digit(char c)
{
    if (c >= '0' && c <= '9')
        return c - '0';
    if (c >= 'a' && c <= 'f')
        return c - 'a' + 10;
    if (c >= 'A' && c <= 'F')
        return c - 'A' + 10;
    return -1;
}

static bool is_clean(const char *text, size_t size)
{
    for (size_t at = 0, step; at < size; at += step) {
        step = vr_utf8_size(text + at, size - at);
        if (step == 0 || (unsigned char)text[at] < 0x20 || text[at] == 0x7f)
            return false;
    }
    return true;
}

/* false: a broken escape, too long, or not clean text. */
static bool decode(const char *text, size_t size, char ret_value[VR_ROUTE_VALUE_SIZE])
{
    size_t written = 0;
    for (size_t at = 0; at < size; at++) {
        int byte = (unsigned char)text[at];
        if (byte == '%') {
            int high = at + 2 < size ? hex_digit(text[at + 1]) : -1;
            int low = at + 2 < size ? hex_digit(text[at + 2]) : -1;
            if (high < 0 || low < 0)
                return false;
            byte = high * 16 + low;
            at += 2;
        }
        if (written + 1 == VR_ROUTE_VALUE_SIZE)
            return false;
        ret_value[written++] = (char)byte;
    }
    ret_value[written] = '\0';
    return is_clean(ret_value, written);
}

bool vr_route_digits(const char *text, int64_t *ret_value)
{
    int64_t value = 0;
    if (text[0] == '\0' || (text[0] == '0' && text[1] != '\0'))
        return false;
    for (; *text; text++) {
        if (*text < '0' || *text > '9' || __builtin_mul_overflow(value, 10, &value) ||
            __builtin_add_overflow(value, *text - '0', &value))
            return false;
    }
    *ret_value = value;
    return true;
}

/* --- path ------------------------------------------------------------------------------------ */

/* Whether the path, which ends at path + size, is what the pattern says. */
static bool path_matches(const char *pattern, const char *path, size_t size, struct vr_route *route)
{
    const char *end = path + size;
    for (;;) {
        if (*pattern != '#' && *pattern != '*') {
            if (path == end || *pattern == '\0')
                return path == end && *pattern == '\0';
            if (*pattern++ != *path++)
                return false;
            continue;
        }
        const char *slash = memchr(path, '/', (size_t)(end - path));
        size_t length = (size_t)((slash ? slash : end) - path);
        char *name = route->name;
        if (length == 0 || !decode(path, length, name))
            return false;
        if (*pattern == '#' && (!vr_route_digits(name, &route->number) || route->number == 0))
            return false;
        if (*pattern == '*' && (strchr(name, '/') || !strcmp(name, ".") || !strcmp(name, "..")))
            return false;
        path += length;
        pattern++;
    }
}

static int not_allowed(
    const char *path, size_t size, struct vr_route *route, struct vr_route_refusal *refusal)
{
    for (size_t i = 0; i < VR_OPERATION_COUNT; i++) {
        if (!path_matches(operations[i].path, path, size, route))
            continue;
        if (refusal->allow[0])
            strcat(refusal->allow, ", ");
        strcat(
            refusal->allow, operations[i].method); /* each method once a path: 17 bytes at most */
    }
    if (!refusal->allow[0])
        return REFUSE(
            refusal, 404, VR_ERR_NOT_FOUND,
            "there is no such path; docs/reference-api.md lists them");
    return REFUSE(refusal, 405, VR_ERR_USAGE, "this path takes only %s", refusal->allow);
}

/* --- parameters ------------------------------------------------------------------------------ */

/* The operation's own spelling of the name, NULL = it does not know it. */
static const char *parameter_known(const char *known, const char *name, size_t size)
{
    static const char *const names[] = {"state",  "user", "campaign", "limit",
                                        "format", "job",  "bind",     "after"};
    for (size_t i = 0; i < sizeof names / sizeof *names; i++) {
        if (strlen(names[i]) != size || memcmp(names[i], name, size) != 0)
            continue;
        for (const char *at = known; (at = strstr(at, names[i])); at += size)
            if ((at == known || at[-1] == ' ') && (at[size] == ' ' || at[size] == '\0'))
                return names[i];
    }
    return NULL;
}

static int parameter_add(
    const char *text, size_t size, struct vr_route *route, struct vr_route_refusal *refusal)
{
    const char *equals = memchr(text, '=', size);
    size_t length = equals ? (size_t)(equals - text) : size;
    const char *known = operations[route->operation].parameters;
    const char *name = parameter_known(known, text, length);
    if (!name)
        return REFUSE(
            refusal, 400, VR_ERR_USAGE, "this path takes %s%s, and nothing else behind the ?",
            *known ? "the parameters " : "no parameters", known);
    if (vr_route_parameter(route, name))
        return REFUSE(refusal, 400, VR_ERR_USAGE, "the parameter %s is given twice", name);
    size_t index = route->parameter_count;
    if (!equals || !decode(equals + 1, size - length - 1, route->parameters[index].value) ||
        !route->parameters[index].value[0])
        return REFUSE(
            refusal, 400, VR_ERR_USAGE,
            "the value of %s is empty, too long, or not well escaped UTF-8", name);
    route->parameters[index].name = name;
    route->parameter_count = index + 1;
    return 0;
}

static int parameters_read(
    const char *query, struct vr_route *route, struct vr_route_refusal *refusal)
{
    for (;;) {
        size_t size = strcspn(query, "&");
        int r = parameter_add(query, size, route, refusal);
        if (r < 0)
            return r;
        if (query[size] == '\0')
            return 0;
        query += size + 1;
    }
}

int vr_route_find(
    const char *method, const char *target, struct vr_route *ret_route,
    struct vr_route_refusal *refusal)
{
    size_t size = strcspn(target, "?");
    *ret_route = (struct vr_route){0};
    *refusal = (struct vr_route_refusal){0};
    if (target[0] != '/' || target[strcspn(target, "#")] != '\0')
        return REFUSE(
            refusal, 400, VR_ERR_USAGE, "the target is not a path that begins with \"/\"");
    for (size_t i = 0; i < VR_OPERATION_COUNT; i++) {
        if (strcmp(operations[i].method, method) != 0 ||
            !path_matches(operations[i].path, target, size, ret_route))
            continue;
        ret_route->operation = (enum vr_operation)i;
        ret_route->role = operations[i].role;
        return target[size] ? parameters_read(target + size + 1, ret_route, refusal) : 0;
    }
    return not_allowed(target, size, ret_route, refusal);
}

const char *vr_route_parameter(const struct vr_route *route, const char *name)
{
    for (size_t i = 0; i < route->parameter_count; i++)
        if (strcmp(route->parameters[i].name, name) == 0)
            return route->parameters[i].value;
    return NULL;
}

int vr_route_number(
    const struct vr_route *route, const char *name, int64_t min, int64_t max, int64_t missing,
    int64_t *ret_value, struct vr_err *err)
{
    const char *text = vr_route_parameter(route, name);
    *ret_value = missing;
    if (!text)
        return 0;
    if (!vr_route_digits(text, ret_value) || *ret_value < min || *ret_value > max)
        return vr_err_set(
            err, VR_ERR_USAGE,
            "request: %s is \"%s\", and must be a whole number from %lld to %lld", name, text,
            (long long)min, (long long)max);
    return 0;
}
