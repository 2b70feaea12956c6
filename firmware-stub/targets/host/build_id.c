/* The notes of the program that is loaded (elf(5), dl_iterate_phdr(3)): the first object is the program itself. */
#include "targets/host/build_id.h"

#include <elf.h>
#include <link.h>
#include <string.h>

static size_t aligned(size_t size)
{
    return (size + 3) & ~(size_t)3;
}

/* The description of the GNU build-id among notes of `size` bytes. */
static struct wire_span find_note(const uint8_t *notes, size_t size)
{
    static const char name[] = "GNU";
    ElfW(Nhdr) header;
    while (size >= sizeof header) {
        memcpy(&header, notes, sizeof header);
        const size_t at = sizeof header + aligned(header.n_namesz);
        const size_t end = at + aligned(header.n_descsz);
        if (end > size)
            break;
        if (header.n_type == NT_GNU_BUILD_ID && header.n_namesz == sizeof name &&
            memcmp(notes + sizeof header, name, sizeof name) == 0)
            return (struct wire_span){notes + at, header.n_descsz};
        notes += end;
        size -= end;
    }
    return (struct wire_span){0};
}

static int look(struct dl_phdr_info *info, size_t size, void *context)
{
    struct wire_span *id = context;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum && id->size == 0; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        if (segment->p_type == PT_NOTE)
            *id =
                find_note((const uint8_t *)(info->dlpi_addr + segment->p_vaddr), segment->p_memsz);
    }
    return 1; /* the libraries behind it have ids of their own */
}

struct wire_span host_build_id(void)
{
    struct wire_span id = {0};
    dl_iterate_phdr(look, &id);
    return id;
}
