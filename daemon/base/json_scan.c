/* The syntax of strict JSON.  Recursive descent, at most VR_JSON_DEPTH_MAX deep. */
#include "base/json_scan.h"
#include "base/utf8.h"

#include <assert.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define END (-1) /* what peek() sees behind the last byte */

struct scanner {
    const char *text, *name;
    size_t size, offset;
    struct vr_place place; /* of text[offset] */
    struct vr_json *nodes;
    size_t node_count;
    struct vr_err *err;
};

static int scan_value(struct scanner *scanner, struct vr_json *node, int depth);

__attribute__((format(printf, 3, 4))) static int fail(
    const struct scanner *scanner, struct vr_place place, const char *format, ...)
{
    char text[VR_ERR_TEXT_SIZE];
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(text, sizeof text, format, arguments);
    va_end(arguments);
    return vr_err_set(
        scanner->err, VR_ERR_INPUT, "%s:%d:%d: %s", scanner->name, place.line, place.column, text);
}

static int peek_at(const struct scanner *scanner, size_t ahead)
{
    size_t offset = scanner->offset + ahead;
    return offset < scanner->size ? (unsigned char)scanner->text[offset] : END;
}

static int peek(const struct scanner *scanner)
{
    return peek_at(scanner, 0);
}

/* Step over `size` bytes that hold `count` characters and no line end. */
static void step(struct scanner *scanner, size_t size, int count)
{
    scanner->offset += size;
    scanner->place.column += count;
}

static void skip_space(struct scanner *scanner)
{
    for (;;) {
        int c = peek(scanner);
        if (c == '\n')
            scanner->place = (struct vr_place){scanner->place.line + 1, 0};
        else if (c != ' ' && c != '\t' && c != '\r')
            return;
        step(scanner, 1, 1);
    }
}

static struct vr_json_span span_begin(const struct scanner *scanner)
{
    return (struct vr_json_span){.offset = (uint32_t)scanner->offset, .place = scanner->place};
}

static void span_end(const struct scanner *scanner, struct vr_json_span *span)
{
    span->size = (uint32_t)scanner->offset - span->offset;
}

static bool is_digit(int c)
{
    return c >= '0' && c <= '9';
}

/* For messages: what stands at the scanner's place. */
static const char *found(const struct scanner *scanner, char buffer[16])
{
    int c = peek(scanner);
    if (c == END)
        return "the end of the text";
    snprintf(buffer, 16, c > ' ' && c < 0x7f ? "'%c'" : "byte 0x%02x", c);
    return buffer;
}

static int scan_unicode(const struct scanner *scanner, size_t ahead, unsigned *ret_code)
{
    unsigned code = 0;
    for (size_t i = 0; i < 4; i++) {
        int c = peek_at(scanner, ahead + 2 + i);
        int lower = c | 0x20;
        if (c == END || (!is_digit(c) && (lower < 'a' || lower > 'f')))
            return fail(
                scanner, scanner->place, "\\u needs four hexadecimal digits, such as \\u00b5");
        code = code * 16 + (unsigned)(is_digit(c) ? c - '0' : lower - 'a' + 10);
    }
    *ret_code = code;
    return 0;
}

static int scan_unicode_escape(struct scanner *scanner)
{
    unsigned code, low = 0;
    int r = scan_unicode(scanner, 0, &code);
    if (r < 0)
        return r;
    if (code == 0)
        return fail(scanner, scanner->place, "\\u0000 cannot be part of a text; remove it");
    if (code < 0xd800 || code > 0xdfff) {
        step(scanner, 6, 6);
        return 0;
    }
    if (code <= 0xdbff && peek_at(scanner, 6) == '\\' && peek_at(scanner, 7) == 'u') {
        r = scan_unicode(scanner, 6, &low);
        if (r < 0)
            return r;
    }
    if (low < 0xdc00 || low > 0xdfff)
        return fail(
            scanner, scanner->place,
            "\\u%04x is half of a surrogate pair; write both halves, or the character itself",
            code);
    step(scanner, 12, 12);
    return 0;
}

static int scan_escape(struct scanner *scanner)
{
    int c = peek_at(scanner, 1);
    if (c == 'u')
        return scan_unicode_escape(scanner);
    if (c == END || c == '\0' || !strchr("\"\\/bfnrt", c))
        return fail(
            scanner, scanner->place,
            "unknown escape; known are \\\" \\\\ \\/ \\b \\f \\n \\r \\t and \\uXXXX "
            "(a backslash itself is \\\\)");
    step(scanner, 2, 2);
    return 0;
}

static int scan_string(struct scanner *scanner, struct vr_json_span *ret_span)
{
    struct vr_json_span span = span_begin(scanner);
    step(scanner, 1, 1);
    for (;;) {
        int c = peek(scanner);
        if (c == '"')
            break;
        if (c == END || c == '\n' || c == '\r')
            return fail(
                scanner, span.place,
                "this text is not closed on its line; end it with '\"' (a line break is \\n)");
        if (c < ' ')
            return fail(
                scanner, scanner->place, "raw control character 0x%02x; write it as \\u%04x",
                (unsigned)c, (unsigned)c);
        if (c == '\\') {
            int r = scan_escape(scanner);
            if (r < 0)
                return r;
            continue;
        }
        size_t size =
            vr_utf8_size(scanner->text + scanner->offset, scanner->size - scanner->offset);
        if (size == 0)
            return fail(
                scanner, scanner->place, "byte 0x%02x is not valid UTF-8; save the file as UTF-8",
                (unsigned)c);
        step(scanner, size, 1);
    }
    step(scanner, 1, 1);
    span_end(scanner, &span);
    *ret_span = span;
    return 0;
}

static int scan_digits(struct scanner *scanner, const char *after)
{
    char buffer[16];
    if (!is_digit(peek(scanner)))
        return fail(
            scanner, scanner->place, "a digit must follow %s, found %s", after,
            found(scanner, buffer));
    while (is_digit(peek(scanner)))
        step(scanner, 1, 1);
    return 0;
}

static int scan_number(struct scanner *scanner, struct vr_json *node)
{
    node->kind = VR_JSON_NUMBER;
    if (peek(scanner) == '-')
        step(scanner, 1, 1);
    if (peek(scanner) == '0' && is_digit(peek_at(scanner, 1)))
        return fail(scanner, node->text.place, "a number cannot begin with 0; remove the zeros");
    int r = scan_digits(scanner, "the minus sign");
    if (r < 0)
        return r;
    if (peek(scanner) == '.') {
        step(scanner, 1, 1);
        r = scan_digits(scanner, "the decimal point");
        if (r < 0)
            return r;
    }
    if (peek(scanner) == 'e' || peek(scanner) == 'E') {
        bool has_sign = peek_at(scanner, 1) == '+' || peek_at(scanner, 1) == '-';
        step(scanner, has_sign ? 2 : 1, has_sign ? 2 : 1);
        r = scan_digits(scanner, has_sign ? "the exponent's sign" : "the exponent's e");
        if (r < 0)
            return r;
    }
    if (scanner->offset - node->text.offset > VR_JSON_NUMBER_SIZE_MAX)
        return fail(
            scanner, node->text.place,
            "a number of more than %d characters; a double holds 17 digits",
            VR_JSON_NUMBER_SIZE_MAX);
    return 0;
}

static int scan_word(struct scanner *scanner, struct vr_json *node)
{
    static const struct {
        const char *word;
        enum vr_json_kind kind;
    } words[] = {{"null", VR_JSON_NULL}, {"true", VR_JSON_BOOL}, {"false", VR_JSON_BOOL}};

    size_t left = scanner->size - scanner->offset;
    for (size_t i = 0; i < sizeof words / sizeof *words; i++) {
        size_t size = strlen(words[i].word);
        if (size > left || memcmp(scanner->text + scanner->offset, words[i].word, size) != 0)
            continue;
        node->kind = words[i].kind;
        step(scanner, size, (int)size);
        return 0;
    }

    char buffer[16];
    int c = peek(scanner);
    return fail(
        scanner, scanner->place, "a value is needed here, found %s%s", found(scanner, buffer),
        c == '/' || c == '#' ? "; JSON has no comments, use a \"description\" or an \"x-...\" key"
        : c == '\''          ? "; text stands in double quotes"
                             : "");
}

static struct vr_json *add_node(struct scanner *scanner, struct vr_json *parent)
{
    struct vr_json *node = &scanner->nodes[scanner->node_count++];
    node->parent = parent;
    if (parent)
        node->index = parent->count++;
    return node;
}

static int scan_key(struct scanner *scanner, struct vr_json *node)
{
    char buffer[16];
    if (peek(scanner) != '"')
        return fail(
            scanner, scanner->place, "a key in double quotes is needed here, found %s",
            found(scanner, buffer));
    int r = scan_string(scanner, &node->key_text);
    if (r < 0)
        return r;
    skip_space(scanner);
    if (peek(scanner) != ':')
        return fail(
            scanner, scanner->place, "':' must follow the key, found %s", found(scanner, buffer));
    step(scanner, 1, 1);
    skip_space(scanner);
    return 0;
}

/* Behind a child: step over ',' and say that another one follows, or stop before `close`. */
static int scan_separator(
    struct scanner *scanner, const struct vr_json *container, char close, bool *ret_more)
{
    char buffer[16];
    skip_space(scanner);
    struct vr_place comma = scanner->place;
    if (peek(scanner) == END)
        return fail(
            scanner, scanner->place, "the text ends inside the %s of line %d; close it with '%c'",
            close == '}' ? "object" : "array", container->text.place.line, close);
    if (peek(scanner) != ',' && peek(scanner) != close)
        return fail(
            scanner, scanner->place, "',' or '%c' is needed here, found %s", close,
            found(scanner, buffer));
    *ret_more = peek(scanner) == ',';
    if (!*ret_more)
        return 0;
    step(scanner, 1, 1);
    skip_space(scanner);
    if (peek(scanner) == close)
        return fail(scanner, comma, "',' before '%c'; remove the comma", close);
    return 0;
}

static int scan_container(struct scanner *scanner, struct vr_json *node, int depth)
{
    char close = peek(scanner) == '{' ? '}' : ']';
    node->kind = close == '}' ? VR_JSON_OBJECT : VR_JSON_ARRAY;
    if (depth > VR_JSON_DEPTH_MAX)
        return fail(
            scanner, scanner->place, "nested deeper than %d levels; flatten it", VR_JSON_DEPTH_MAX);
    step(scanner, 1, 1);
    skip_space(scanner);

    struct vr_json *last = NULL;
    bool more = peek(scanner) != close;
    while (more) {
        struct vr_json *child = add_node(scanner, node);
        if (last)
            last->next = child;
        last = child;
        int r = node->kind == VR_JSON_OBJECT ? scan_key(scanner, child) : 0;
        if (r == 0)
            r = scan_value(scanner, child, depth);
        if (r == 0)
            r = scan_separator(scanner, node, close, &more);
        if (r < 0)
            return r;
    }
    step(scanner, 1, 1);
    return 0;
}

/* `depth` counts the containers around the value. */
static int scan_value(struct scanner *scanner, struct vr_json *node, int depth)
{
    node->text = span_begin(scanner);
    int c = peek(scanner);
    if (c == '"') {
        node->kind = VR_JSON_STRING;
        return scan_string(scanner, &node->text);
    }
    int r = c == '{' || c == '['      ? scan_container(scanner, node, depth + 1)
            : c == '-' || is_digit(c) ? scan_number(scanner, node)
                                      : scan_word(scanner, node);
    span_end(scanner, &node->text);
    return r;
}

static int scan_document(struct scanner *scanner)
{
    if (scanner->size >= 3 && memcmp(scanner->text, "\xef\xbb\xbf", 3) == 0)
        return fail(
            scanner, scanner->place,
            "the file begins with a byte order mark; save it as UTF-8 without BOM");
    skip_space(scanner);
    if (peek(scanner) == END)
        return fail(scanner, scanner->place, "the file is empty; one JSON value is needed");
    int r = scan_value(scanner, add_node(scanner, NULL), 0);
    if (r < 0)
        return r;
    skip_space(scanner);
    char buffer[16];
    if (peek(scanner) != END)
        return fail(
            scanner, scanner->place, "%s after the end of the JSON value; remove what follows it",
            found(scanner, buffer));
    return 0;
}

/* Every value but the root follows one '[', '{' or ',': an upper bound, since texts may hold them
 * too. */
static size_t node_count_max(const char *text, size_t size)
{
    size_t count = 1;
    for (size_t i = 0; i < size; i++)
        count += text[i] == '[' || text[i] == '{' || text[i] == ',';
    return count;
}

int vr_json_scan(
    const char *text, size_t size, const char *name, struct vr_json **ret_nodes, size_t *ret_count,
    struct vr_err *err)
{
    struct scanner scanner = {
        .text = text, .name = name, .size = size, .place = {.line = 1, .column = 1}, .err = err};
    assert(size <= VR_JSON_SIZE_MAX);
    scanner.nodes = calloc(node_count_max(text, size), sizeof *scanner.nodes);
    if (!scanner.nodes)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", name);

    int r = scan_document(&scanner);
    if (r < 0) {
        free(scanner.nodes);
        return r;
    }
    *ret_nodes = scanner.nodes;
    *ret_count = scanner.node_count;
    return 0;
}
