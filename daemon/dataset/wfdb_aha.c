/* One annotation after the other. */
#include "dataset/wfdb_aha.h"

#include <string.h>

#include "dataset/wfdb_annotation.h"

#define TEXT_AT 10
#define TEXT_SIZE 6

static const struct {
    char aha;
    uint8_t code;
} codes[] = {
    {'N', VR_CODE_NORMAL}, {'V', VR_CODE_PVC},  {'F', VR_CODE_FUSION},  {'R', VR_CODE_RONT},
    {'E', VR_CODE_VESC},   {'P', VR_CODE_PACE}, {'Q', VR_CODE_UNKNOWN}, {'O', VR_CODE_NOTE},
    {'U', VR_CODE_NOISE},  {'[', VR_CODE_VFON}, {']', VR_CODE_VFOFF},
};

/* 0 for what is no AHA code. */
static uint8_t code_of(char aha)
{
    for (size_t i = 0; i < sizeof codes / sizeof codes[0]; i++)
        if (codes[i].aha == aha)
            return codes[i].code;
    return 0;
}

bool vr_wfdb_aha_begins(unsigned first, unsigned second)
{
    return first == 0 && second != 0 && strchr("EFNOPQRUV", (int)second);
}

static int fail(struct vr_err *err, const char *display, size_t at, const char *what)
{
    return vr_err_set(err, VR_ERR_INPUT, "%s: byte %zu: %s", display, at, what);
}

/* High half first, each half with its low byte first. */
static int64_t time_of(const uint8_t *bytes)
{
    return (int64_t)bytes[1] << 24 | (int64_t)bytes[0] << 16 | (int64_t)bytes[3] << 8 | bytes[2];
}

/* The MIT code tells more than the AHA code, where a file has it. */
static bool item_read(const uint8_t *bytes, struct vr_annotation *ret_item)
{
    uint8_t mapped = code_of((char)bytes[1]), code = bytes[9];
    *ret_item = (struct vr_annotation){
        .sample_index = time_of(bytes + 2),
        .code = code ? code : mapped,
        .subtype = (int8_t)bytes[8],
    };
    if (code == 0)
        ret_item->subtype = bytes[1] == 'U' ? -1 : 0;
    return bytes[0] == 0 && mapped != 0 && code <= VR_WFDB_CODE_MAX;
}

/* Zeros may fill the file up to a block. */
static size_t used_size(const uint8_t *bytes, size_t size)
{
    size_t used = size;
    while (used > 0 && bytes[used - 1] == 0)
        used--;
    used = (used + VR_WFDB_AHA_SIZE - 1) / VR_WFDB_AHA_SIZE * VR_WFDB_AHA_SIZE;
    return used < size ? used : size;
}

int vr_wfdb_aha_parse(
    const uint8_t *bytes, size_t size, const char *display, struct vr_annotations *list,
    struct vr_err *err)
{
    size = used_size(bytes, size);
    for (size_t at = 0; at < size; at += VR_WFDB_AHA_SIZE) {
        struct vr_annotation item;
        if (size - at < VR_WFDB_AHA_SIZE)
            return fail(
                err, display, size,
                "the file ends inside an annotation; it was cut: fetch it again");
        if (!item_read(bytes + at, &item))
            return fail(
                err, display, at,
                "no annotation in AHA format, which this file begins in; it is damaged: fetch it "
                "again");
        const char *text = (const char *)bytes + at + TEXT_AT;
        bool told = item.code == VR_CODE_NOTE || item.code == VR_CODE_RHYTHM;
        size_t text_size = told ? strnlen(text, TEXT_SIZE) : 0;
        int r = vr_annotations_add(list, &item, text_size ? text : NULL, text_size, err);
        if (r < 0)
            return r;
    }
    return 0;
}
