/* dataset/draft: a file is there whole, or not at all. */
#include "dataset/draft.h"
#include "scratch.h"

TestSuite(draft, .init = scratch_make, .fini = scratch_remove);

static void assert_content(const char *name, const char *text)
{
    char bytes[64] = "";
    FILE *file = fopen(scratch_path(name), "rb");
    cr_assert(file, "%s is missing", name);
    cr_assert(fread(bytes, 1, sizeof bytes - 1, file) == strlen(text));
    fclose(file);
    cr_assert_str_eq(bytes, text);
}

Test(draft, appears_with_its_commit_over_the_older_file)
{
    struct vr_draft draft;
    scratch_text("out", "old");
    cr_assert_eq(vr_draft_open(&draft, scratch_path("out"), NULL), 0);
    fputs("new text", draft.file);
    assert_content("out", "old");
    cr_assert_eq(vr_draft_commit(&draft, NULL), 0);
    assert_content("out", "new text");
    vr_draft_close(&draft);
    cr_assert(access(scratch_path("out.part"), F_OK) < 0);
}

Test(draft, leaves_nothing_without_a_commit)
{
    struct vr_draft draft;
    cr_assert_eq(vr_draft_open(&draft, scratch_path("out"), NULL), 0);
    fputs("half", draft.file);
    vr_draft_close(&draft);
    vr_draft_close(&draft);
    cr_assert(access(scratch_path("out"), F_OK) < 0);
    cr_assert(access(scratch_path("out.part"), F_OK) < 0);
}

Test(draft, tells_where_it_cannot_write)
{
    struct vr_draft draft;
    struct vr_err err = {0};
    cr_assert_eq(vr_draft_open(&draft, scratch_path("absent/out"), &err), -VR_ERR_IO);
    cr_assert(strstr(err.text, "absent/out.part: cannot be written: "), "%s", err.text);
    vr_draft_close(&draft);
}

Test(draft, a_full_disk_fails_the_commit)
{
    struct vr_draft draft;
    struct vr_err err = {0};
    cr_assert_eq(vr_draft_open(&draft, scratch_path("out"), NULL), 0);
    FILE *full = fopen("/dev/full", "w");
    if (!full)
        cr_skip_test("no /dev/full here");
    fclose(draft.file);
    draft.file = full;
    fputs("text", draft.file);
    cr_assert_eq(vr_draft_commit(&draft, &err), -VR_ERR_IO);
    cr_assert(strstr(err.text, "out: not written: "), "%s", err.text);
    vr_draft_close(&draft);
    cr_assert(access(scratch_path("out"), F_OK) < 0);
}
