/* Names of the numbers on the wire, for logs and reports; a device that prints nothing links none
 * of it. */
#include "wire/protocol.h"

#include <stddef.h>

static const struct wire_type_info types[] = {
#define X(number, name, word, direction, delivery) \
    [number] = {word, WIRE_##direction, WIRE_##delivery},
#include "schema/wire.def"
#undef X
};

static const char *const output_words[] = {
#define X(number, name, word, values) [number] = word,
#include "schema/outputs.def"
#undef X
};

const struct wire_type_info *wire_type_info(unsigned type)
{
    if (type >= sizeof types / sizeof *types || !types[type].word)
        return NULL;
    return &types[type];
}

const char *wire_output_word(unsigned kind)
{
    return kind < sizeof output_words / sizeof *output_words ? output_words[kind] : NULL;
}
