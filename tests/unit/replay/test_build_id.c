/* Build-ids of files made by hand, of this very program, and of damaged ones. */
#include "replay/build_id.h"

#include <criterion/criterion.h>
#include <elf.h>
#include <link.h>
#include <stdio.h>
#include <string.h>

static struct vr_err err;
static char hex[VR_BUILD_ID_HEX_SIZE];

/* Another note first, as linkers write it; then the build-id 01 02 .. 14. */
static const uint8_t notes[] = {
    4, 0, 0, 0, 8, 0, 0, 0, 5,  0,  0,  0,  'G', 'N', 'U', 0,  9,   9,   9,   9,
    9, 9, 9, 9, 4, 0, 0, 0, 20, 0,  0,  0,  3,   0,   0,   0,  'G', 'N', 'U', 0,
    1, 2, 3, 4, 5, 6, 7, 8, 9,  10, 11, 12, 13,  14,  15,  16, 17,  18,  19,  20,
};
#define ID "0102030405060708090a0b0c0d0e0f1011121314"

struct file {
    uint8_t data[512];
    size_t size;
};

static struct file make_32(bool with_segment, const uint8_t *note, size_t note_size)
{
    struct file file = {.size = 256 + note_size};
    Elf32_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS32, ELFDATA2LSB, 1}};
    Elf32_Phdr segment = {
        .p_type = PT_NOTE, .p_offset = 256, .p_filesz = (uint32_t)note_size, .p_align = 4};
    Elf32_Shdr section = {
        .sh_type = SHT_NOTE, .sh_offset = 256, .sh_size = (uint32_t)note_size, .sh_addralign = 4};
    header.e_phoff = header.e_shoff = 64;
    header.e_phentsize = sizeof segment;
    header.e_phnum = with_segment;
    header.e_shentsize = sizeof section;
    header.e_shnum = !with_segment;
    memcpy(file.data, &header, sizeof header);
    if (with_segment)
        memcpy(file.data + 64, &segment, sizeof segment);
    else
        memcpy(file.data + 64, &section, sizeof section);
    memcpy(file.data + 256, note, note_size);
    return file;
}

static struct file make_64(uint64_t align, const uint8_t *note, size_t note_size)
{
    struct file file = {.size = 256 + note_size};
    Elf64_Ehdr header = {.e_ident = {0x7f, 'E', 'L', 'F', ELFCLASS64, ELFDATA2LSB, 1}};
    Elf64_Phdr segments[2] = {
        {.p_type = PT_LOAD, .p_offset = 256, .p_filesz = note_size},
        {.p_type = PT_NOTE, .p_offset = 256, .p_filesz = note_size, .p_align = align},
    };
    header.e_phoff = 64;
    header.e_phentsize = sizeof *segments;
    header.e_phnum = 2;
    memcpy(file.data, &header, sizeof header);
    memcpy(file.data + 64, segments, sizeof segments);
    memcpy(file.data + 256, note, note_size);
    return file;
}

static int parse(const struct file *file)
{
    memset(hex, 'x', sizeof hex);
    return vr_build_id_parse(file->data, file->size, "fw.elf", hex, &err);
}

static void expect_refusal(const struct file *file, const char *words)
{
    cr_expect_eq(parse(file), -VR_ERR_INPUT, "%s", words);
    cr_expect_not_null(strstr(err.text, words), "said: %s\nwant: %s", err.text, words);
    cr_expect_eq(strncmp(err.text, "fw.elf: ", 8), 0, "%s", err.text);
}

Test(build_id, is_found_in_a_segment_or_a_section_of_both_classes)
{
    struct file file = make_32(true, notes, sizeof notes);
    cr_expect_eq(parse(&file), 0, "%s", err.text);
    cr_expect_str_eq(hex, ID);
    file = make_32(false, notes, sizeof notes);
    cr_expect_eq(parse(&file), 0, "%s", err.text);
    cr_expect_str_eq(hex, ID);
    file = make_64(4, notes, sizeof notes);
    cr_expect_eq(parse(&file), 0, "%s", err.text);
    cr_expect_str_eq(hex, ID);
}

Test(build_id, notes_may_be_aligned_to_8)
{
    static const uint8_t aligned[] = {
        4, 0, 0, 0, 4, 0, 0, 0, 5, 0, 0, 0, 'G', 'N', 'U', 0,   9,   9,   9, 9,    0,
        0, 0, 0, 4, 0, 0, 0, 2, 0, 0, 0, 3, 0,   0,   0,   'G', 'N', 'U', 0, 0xab, 0xcd,
    };
    struct file file = make_64(8, aligned, sizeof aligned);
    cr_expect_eq(parse(&file), 0, "%s", err.text);
    cr_expect_str_eq(hex, "abcd");
    file = make_64(4, aligned, sizeof aligned);
    cr_expect_eq(parse(&file), -VR_ERR_INPUT, "by 4, the second note lies elsewhere");
}

Test(build_id, what_is_no_image_is_refused_in_words)
{
    struct file file = make_32(true, notes, 24);
    expect_refusal(&file, "-Wl,--build-id");
    file = make_32(true, notes, sizeof notes);
    file.data[0] = ':';
    expect_refusal(&file, "not an ELF file");
    file = make_32(true, notes, sizeof notes);
    file.data[EI_DATA] = ELFDATA2MSB;
    expect_refusal(&file, "only little-endian");
    file.size = 3;
    expect_refusal(&file, "not an ELF file");
    file = make_32(true, notes, sizeof notes);
    file.size = 51;
    expect_refusal(&file, "cut short");
}

Test(build_id, a_build_id_that_is_too_long_is_refused)
{
    uint8_t note[16 + 33] = {4, 0, 0, 0, 33, 0, 0, 0, 3, 0, 0, 0, 'G', 'N', 'U', 0};
    struct file file = make_32(true, note, sizeof note);
    expect_refusal(&file, "33 bytes");
    note[4] = 32;
    file = make_32(true, note, sizeof note - 1);
    cr_expect_eq(parse(&file), 0, "%s", err.text);
    cr_expect_eq(strlen(hex), 64);
}

/* A file that ends anywhere, from memory of just that size, so that a sanitizer sees one byte too many. */
Test(build_id, every_cut_is_survived)
{
    struct file files[] = {
        make_32(true, notes, sizeof notes), make_32(false, notes, sizeof notes),
        make_64(4, notes, sizeof notes)};
    for (size_t i = 0; i < 3; i++)
        for (size_t size = 0; size < files[i].size; size++) {
            uint8_t *data = malloc(size + 1);
            memcpy(data, files[i].data, size);
            uint8_t *exact = realloc(data, size ? size : 1);
            cr_expect_eq(vr_build_id_parse(exact, size, "fw.elf", hex, &err), -VR_ERR_INPUT);
            free(exact);
        }
}

/* The same note as the kernel has loaded it. */
static int find_own(struct dl_phdr_info *info, size_t size, void *context)
{
    char *expected = context;
    (void)size;
    for (int i = 0; i < info->dlpi_phnum; i++) {
        const ElfW(Phdr) *segment = &info->dlpi_phdr[i];
        const uint8_t *at = (const uint8_t *)(info->dlpi_addr + segment->p_vaddr);
        for (size_t k = 0; segment->p_type == PT_NOTE && k + 36 <= segment->p_memsz; k += 4)
            if (memcmp(at + k, "\4\0\0\0\24\0\0\0\3\0\0\0GNU", 16) == 0)
                for (size_t n = 0; n < 20; n++)
                    sprintf(expected + 2 * n, "%02x", at[k + 16 + n]);
    }
    return 1; /* the program itself comes first */
}

Test(build_id, of_this_program_is_what_the_kernel_loaded)
{
    char expected[64] = "";
    dl_iterate_phdr(find_own, expected);
    cr_assert_eq(strlen(expected), 40, "linked with --build-id=sha1");
    cr_assert_eq(vr_build_id_load("/proc/self/exe", hex, &err), 0, "%s", err.text);
    cr_expect_str_eq(hex, expected);
}

Test(build_id, files_that_cannot_be_read_are_named)
{
    cr_expect_eq(vr_build_id_load("/nonexistent/fw.elf", hex, &err), -VR_ERR_NOT_FOUND);
    cr_expect_not_null(strstr(err.text, "/nonexistent/fw.elf"), "%s", err.text);
    cr_expect_eq(vr_build_id_load("/dev/zero", hex, &err), -VR_ERR_INPUT);
    cr_expect_eq(vr_build_id_load("/", hex, &err), -VR_ERR_INPUT);
}
