/* dataset/checksums: any bytes are refused, or become a sorted list of names that stay in the folder. */
#include "dataset/checksums.h"
#include "dataset/folder.h"
#include "fuzz.h"

#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    struct vr_checksums list = {0};
    struct vr_err err = {0};
    int r = vr_checksums_parse((const char *)data, size, "fuzz", &list, &err);
    if (r < 0) {
        FUZZ_ASSERT(r == -VR_ERR_INPUT && !list.items && !list.text);
        FUZZ_ASSERT(strncmp(err.text, "fuzz:", 5) == 0);
        return 0;
    }
    FUZZ_ASSERT(list.count > 0 && list.count <= size / 66 + 1);
    for (size_t i = 0; i < list.count; i++) {
        const struct vr_checksum *item = &list.items[i];
        FUZZ_ASSERT(strlen(item->sha256) == 64);
        FUZZ_ASSERT(strspn(item->sha256, "0123456789abcdef") == 64);
        FUZZ_ASSERT(!vr_folder_name_fault(item->name));
        FUZZ_ASSERT(strlen(item->name) <= VR_CHECKSUMS_NAME_MAX);
        FUZZ_ASSERT(strcmp(item->name, VR_DATABASE_NOTE) != 0);
        FUZZ_ASSERT(strncmp(item->name, VR_DATABASE_PARTS "/", sizeof VR_DATABASE_PARTS) != 0);
        FUZZ_ASSERT(i == 0 || strcmp(list.items[i - 1].name, item->name) < 0);
    }
    size_t count = list.count;
    bool has_records = vr_checksums_select(&list, "1*");
    FUZZ_ASSERT(list.count <= count && (!has_records || list.count > 0));
    vr_checksums_finish(&list);
    return 0;
}
