/* Walking an ELF file's notes.  Every offset and size is anybody's: it is compared with the file's size before it is used. */
#include "replay/build_id.h"

#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "base/cleanup.h"

#define FILE_SIZE_MAX ((size_t)1 << 30)
#define NOTE_HEADER_SIZE 12
#define NOTE_BUILD_ID 3

struct elf {
    const uint8_t *data;
    size_t size;
    bool is_64;
};

struct span {
    uint64_t at, size;
};

static bool is_inside(const struct elf *elf, uint64_t at, uint64_t size)
{
    return at <= elf->size && size <= elf->size - at;
}

/* Little-endian; the caller knows that it is inside. */
static uint64_t number_at(const struct elf *elf, uint64_t at, unsigned width)
{
    uint64_t value = 0;
    for (unsigned i = 0; i < width; i++)
        value |= (uint64_t)elf->data[at + i] << (8 * i);
    return value;
}

/* Addresses, offsets and sizes are as wide as the class. */
static uint64_t word_at(const struct elf *elf, uint64_t at)
{
    return number_at(elf, at, elf->is_64 ? 8 : 4);
}

/* --- notes --- */

static uint64_t round_up(uint64_t value, uint64_t align)
{
    return (value + align - 1) / align * align;
}

/* The build-id among the notes of a span; size 0 = none, or the notes are damaged there. */
static struct span find_note(const struct elf *elf, struct span notes, uint64_t align)
{
    align = align == 8 ? 8 : 4; /* linkers write 0, 1 and 4 for 4 */
    while (notes.size >= NOTE_HEADER_SIZE) {
        uint64_t name_size = number_at(elf, notes.at, 4), size = number_at(elf, notes.at + 4, 4);
        uint64_t begin = round_up(NOTE_HEADER_SIZE + name_size, align);
        uint64_t end = round_up(begin + size, align);
        if (begin + size > notes.size)
            break;
        if (number_at(elf, notes.at + 8, 4) == NOTE_BUILD_ID && name_size == 4 &&
            memcmp(elf->data + notes.at + NOTE_HEADER_SIZE, "GNU", 4) == 0)
            return (struct span){notes.at + begin, size};
        if (end > notes.size)
            break;
        notes.at += end;
        notes.size -= end;
    }
    return (struct span){0};
}

/* --- headers --- */

/* Where a class of ELF keeps what is needed of its program headers or its section headers. */
struct table {
    unsigned offset_at, entry_size_at, count_at; /* in the file's header */
    unsigned entry_size;                         /* at least */
    unsigned type_at, note_type;                 /* in an entry */
    unsigned span_at, span_size_at, align_at;
};

/* Firmware from a linker script of its own often has the section but no segment for it. */
static const struct table tables_32[] = {
    {28, 42, 44, 32, 0, 4 /* PT_NOTE */, 4, 16, 28},
    {32, 46, 48, 40, 4, 7 /* SHT_NOTE */, 16, 20, 32},
};
static const struct table tables_64[] = {
    {32, 54, 56, 56, 0, 4 /* PT_NOTE */, 8, 32, 48},
    {40, 58, 60, 64, 4, 7 /* SHT_NOTE */, 24, 32, 48},
};

static struct span find_in_table(const struct elf *elf, const struct table *table)
{
    struct span found = {0};
    uint64_t at = word_at(elf, table->offset_at);
    uint64_t entry_size = number_at(elf, table->entry_size_at, 2);
    uint64_t count = number_at(elf, table->count_at, 2);
    if (entry_size < table->entry_size || !is_inside(elf, at, entry_size * count))
        return found;
    for (; count > 0 && found.size == 0; count--, at += entry_size) {
        struct span notes = {
            word_at(elf, at + table->span_at), word_at(elf, at + table->span_size_at)};
        if (number_at(elf, at + table->type_at, 4) == table->note_type &&
            is_inside(elf, notes.at, notes.size))
            found = find_note(elf, notes, word_at(elf, at + table->align_at));
    }
    return found;
}

static int open_elf(
    struct elf *elf, const uint8_t *data, size_t size, const char *name, struct vr_err *err)
{
    if (size < 16 || memcmp(data, "\177ELF", 4) != 0)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: not an ELF file; name the linker's output, not the .hex or .bin made from it",
            name);
    if ((data[4] != 1 && data[4] != 2) || data[5] != 1)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: an ELF file of class %d and byte order %d; only little-endian ELF-32 and ELF-64 "
            "are read",
            name, data[4], data[5]);
    *elf = (struct elf){data, size, data[4] == 2};
    if (size < (elf->is_64 ? 64 : 52))
        return vr_err_set(err, VR_ERR_INPUT, "%s: cut short within the ELF header", name);
    return 0;
}

int vr_build_id_parse(
    const uint8_t *data, size_t size, const char *name, char ret_hex[VR_BUILD_ID_HEX_SIZE],
    struct vr_err *err)
{
    struct elf elf;
    int r = open_elf(&elf, data, size, name, err);
    if (r < 0)
        return r;
    const struct table *tables = elf.is_64 ? tables_64 : tables_32;
    struct span id = find_in_table(&elf, &tables[0]);
    if (id.size == 0)
        id = find_in_table(&elf, &tables[1]);
    if (id.size == 0)
        return vr_err_set(
            err, VR_ERR_INPUT,
            "%s: no build-id in it; link with -Wl,--build-id, and KEEP(*(.note.gnu.build-id)) in "
            "the linker script",
            name);
    if (id.size > VR_BUILD_ID_SIZE_MAX)
        return vr_err_set(
            err, VR_ERR_INPUT, "%s: a build-id of %llu bytes; at most %d can be compared", name,
            (unsigned long long)id.size, VR_BUILD_ID_SIZE_MAX);
    for (uint64_t i = 0; i < id.size; i++)
        snprintf(ret_hex + 2 * i, 3, "%02x", elf.data[id.at + i]);
    return 0;
}

/* --- the file --- */

static int read_whole(int fd, uint8_t *data, size_t size, const char *path, struct vr_err *err)
{
    size_t filled = 0;
    ssize_t got = 1;
    while (filled < size && (got = read(fd, data + filled, size - filled)) > 0)
        filled += (size_t)got;
    if (got < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
    if (filled < size)
        return vr_err_set(err, VR_ERR_IO, "%s: changed while it was read; try again", path);
    return 0;
}

int vr_build_id_load(const char *path, char ret_hex[VR_BUILD_ID_HEX_SIZE], struct vr_err *err)
{
    struct stat status;
    _cleanup_close_ int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
    if (fd < 0 && (errno == ENOENT || errno == ENOTDIR))
        return vr_err_set(err, VR_ERR_NOT_FOUND, "%s: no such file; build the firmware", path);
    if (fd < 0 || fstat(fd, &status) < 0)
        return vr_err_set(err, VR_ERR_IO, "%s: %s", path, strerror(errno));
    if (!S_ISREG(status.st_mode))
        return vr_err_set(err, VR_ERR_INPUT, "%s: not a regular file", path);
    size_t size = (size_t)status.st_size;
    if (size > FILE_SIZE_MAX)
        return vr_err_set(err, VR_ERR_INPUT, "%s: above 1 GiB, which is no firmware", path);
    _cleanup_free_ uint8_t *data = malloc(size + 1);
    if (!data)
        return vr_err_set(err, VR_ERR_NO_MEMORY, "%s: out of memory", path);
    int r = read_whole(fd, data, size, path, err);
    return r < 0 ? r : vr_build_id_parse(data, size, path, ret_hex, err);
}
