/* Names and digits stay where they are in one copy of the text. */
#include "dataset/checksums.h"

#include <ctype.h>
#include <fnmatch.h>
#include <limits.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "dataset/folder.h"

#define DIGITS 64

struct place {
    const char *display;
    unsigned line;
};

static int refuse(const struct place *place, struct vr_err *err, const char *what)
{
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s:%u: %s; 64 hexadecimal digits, a blank and the name of a file inside the folder are "
        "wanted",
        place->display, place->line, what);
}

/* Lower-case DIGITS digits in place; false when they are not there. */
static bool digits_take(char *line, size_t size)
{
    if (size < DIGITS)
        return false;
    for (size_t i = 0; i < DIGITS; i++) {
        if (!isxdigit((unsigned char)line[i]))
            return false;
        line[i] = (char)tolower((unsigned char)line[i]);
    }
    return true;
}

static const char *name_fault(const char *name)
{
    size_t parts = sizeof VR_DATABASE_PARTS - 1;
    if (strlen(name) > VR_CHECKSUMS_NAME_MAX)
        return "too long";
    if (strcmp(name, VR_DATABASE_NOTE) == 0 ||
        (strncmp(name, VR_DATABASE_PARTS, parts) == 0 && (!name[parts] || name[parts] == '/')))
        return "kept for what is written about the database";
    for (const char *part = name;; part++) {
        size_t size = strcspn(part, "/");
        if (size > NAME_MAX)
            return "too long in one of its parts";
        part += size;
        if (!*part)
            break;
    }
    return NULL;
}

static int name_refuse(
    const struct place *place, const char *name, const char *verb, const char *fault,
    struct vr_err *err)
{
    return vr_err_set(
        err, VR_ERR_INPUT,
        "%s:%u: the name \"%.200s\" %s%s; the list cannot be trusted, and nothing is fetched",
        place->display, place->line, name, verb, fault);
}

static int item_add(
    struct vr_checksums *list, const struct place *place, const char *name, const char *sha256,
    struct vr_err *err)
{
    const char *leads = vr_folder_name_fault(name), *fault = leads ? NULL : name_fault(name);
    if (leads)
        return name_refuse(place, name, "", leads, err);
    if (fault)
        return name_refuse(place, name, "is ", fault, err);
    if (strcmp(name, VR_CHECKSUMS_NAME) == 0)
        return 0;
    if (list->count >= VR_CHECKSUMS_FILES_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s:%u: more than %d files", place->display, place->line,
            VR_CHECKSUMS_FILES_MAX);
    if (list->count == list->capacity) {
        size_t wanted = list->capacity ? 2 * list->capacity : 64;
        struct vr_checksum *grown = reallocarray(list->items, wanted, sizeof *grown);
        if (!grown)
            return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory to read it", place->display);
        list->items = grown;
        list->capacity = wanted;
    }
    list->items[list->count++] = (struct vr_checksum){.name = name, .sha256 = sha256};
    return 0;
}

/* One line, terminated, without its line feed. */
static int line_parse(
    struct vr_checksums *list, const struct place *place, char *line, size_t size,
    struct vr_err *err)
{
    if (size && line[size - 1] == '\r')
        line[--size] = '\0';
    if (size == 0)
        return 0;
    if (memchr(line, '\0', size))
        return refuse(place, err, "a byte 0 stands there");
    if (line[0] == '\\')
        return refuse(place, err, "the name has a backslash or a line feed");
    if (!digits_take(line, size) || line[DIGITS] != ' ')
        return refuse(place, err, "no checksum and name stand there");
    line[DIGITS] = '\0';
    char *name = line + DIGITS + 1;
    if (*name == ' ' || *name == '*')
        name++;
    if (name[0] == '.' && name[1] == '/')
        name += 2;
    return item_add(list, place, name, line, err);
}

static int item_compare(const void *a, const void *b)
{
    return strcmp(((const struct vr_checksum *)a)->name, ((const struct vr_checksum *)b)->name);
}

/* Sort, and keep each name once. */
static int list_settle(struct vr_checksums *list, const char *display, struct vr_err *err)
{
    if (list->count == 0)
        return vr_err_set(err, VR_ERR_INPUT, "%s: names no file", display);
    qsort(list->items, list->count, sizeof *list->items, item_compare);
    size_t kept = 1;
    for (size_t i = 1; i < list->count; i++) {
        const struct vr_checksum *before = &list->items[kept - 1], *now = &list->items[i];
        if (strcmp(before->name, now->name) != 0)
            list->items[kept++] = *now;
        else if (strcmp(before->sha256, now->sha256) != 0)
            return vr_err_set(
                err, VR_ERR_INPUT, "%s: \"%.200s\" stands there twice, with two checksums", display,
                now->name);
    }
    list->count = kept;
    return 0;
}

static int lines_parse(
    struct vr_checksums *list, size_t size, const char *display, struct vr_err *err)
{
    struct place place = {.display = display};
    char *end = list->text + size;
    for (char *line = list->text; line < end;) {
        char *stop = memchr(line, '\n', (size_t)(end - line));
        stop = stop ? stop : end;
        *stop = '\0';
        place.line++;
        int r = line_parse(list, &place, line, (size_t)(stop - line), err);
        if (r < 0)
            return r;
        line = stop + 1;
    }
    return list_settle(list, display, err);
}

int vr_checksums_parse(
    const char *text, size_t size, const char *display, struct vr_checksums *ret_list,
    struct vr_err *err)
{
    if (size > VR_CHECKSUMS_SIZE_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: %zu bytes; a list of checksums may have at most %zu", display,
            size, VR_CHECKSUMS_SIZE_MAX);
    struct vr_checksums list = {.text = malloc(size + 1)};
    if (!list.text)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: no memory for %zu bytes", display, size);
    memcpy(list.text, text, size);
    list.text[size] = '\0';
    int r = lines_parse(&list, size, display, err);
    if (r < 0) {
        vr_checksums_finish(&list);
        return r;
    }
    *ret_list = list;
    return 0;
}

/* --- a part of it ------------------------------------------------------------------------------ */

/* What describes the whole database is always wanted. */
static bool is_index(const char *name)
{
    static const char *const patterns[] = {
        "RECORDS*", "ANNOTATORS*", "LICENSE*", "README*", "*.csv",
    };
    for (size_t i = 0; i < sizeof patterns / sizeof *patterns; i++)
        if (fnmatch(patterns[i], name, FNM_PATHNAME) == 0)
            return true;
    return false;
}

static bool is_of_record(const char *name, const char *pattern)
{
    char record[VR_CHECKSUMS_NAME_MAX + 1]; /* up to the first dot of the last part */
    strcpy(record, name);
    char *slash = strrchr(record, '/'), *last = slash ? slash + 1 : record;
    last[strcspn(last, ".")] = '\0';
    return fnmatch(pattern, record, 0) == 0 || fnmatch(pattern, last, 0) == 0;
}

bool vr_checksums_select(struct vr_checksums *list, const char *pattern)
{
    size_t kept = 0;
    bool has_records = false;
    for (size_t i = 0; i < list->count; i++) {
        const char *name = list->items[i].name;
        bool is_chosen = is_of_record(name, pattern);
        has_records |= is_chosen;
        if (is_chosen || is_index(name))
            list->items[kept++] = list->items[i];
    }
    list->count = kept;
    return has_records;
}

void vr_checksums_finish(struct vr_checksums *list)
{
    if (!list)
        return;
    free(list->items);
    free(list->text);
    *list = (struct vr_checksums){0};
}
