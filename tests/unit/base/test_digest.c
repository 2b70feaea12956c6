#include "base/cleanup.h"
#include "base/digest.h"

#include <criterion/criterion.h>
#include <string.h>
#include <sys/stat.h>

/* FIPS 180-4 example vectors, and the empty message. */
static const struct {
    const char *text, *hex;
} vectors[] = {
    {"", "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855"},
    {"abc", "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad"},
    {"abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq",
     "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1"},
};

static const char *const million_a =
    "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0";

Test(digest, bytes_match_the_published_vectors)
{
    char hex[VR_DIGEST_HEX_SIZE];
    for (size_t i = 0; i < sizeof vectors / sizeof *vectors; i++) {
        vr_digest_bytes(vectors[i].text, strlen(vectors[i].text), hex);
        cr_assert_str_eq(hex, vectors[i].hex, "row %zu", i);
    }
}

Test(digest, pieces_add_up_to_the_whole)
{
    struct vr_digest digest;
    char hex[VR_DIGEST_HEX_SIZE], block[999];
    memset(block, 'a', sizeof block);
    vr_digest_init(&digest);
    for (int left = 1000000; left > 0; left -= (int)sizeof block)
        vr_digest_update(&digest, block, left < (int)sizeof block ? (size_t)left : sizeof block);
    vr_digest_finish(&digest, hex);
    cr_assert_str_eq(hex, million_a);
}

Test(digest, file_reads_it_whole)
{
    char path[] = "/tmp/vitalrig-digest-XXXXXX", hex[VR_DIGEST_HEX_SIZE];
    _cleanup_close_ int fd = mkstemp(path);
    _cleanup_free_ char *text = malloc(1000000);
    memset(text, 'a', 1000000);
    cr_assert_eq(write(fd, text, 1000000), 1000000);
    cr_assert_eq(vr_digest_file(path, hex, NULL), 0);
    cr_assert_str_eq(hex, million_a);
    unlink(path);
}

Test(digest, file_says_what_is_wrong_with_a_path)
{
    struct vr_err err;
    char hex[VR_DIGEST_HEX_SIZE] = "untouched";
    cr_assert_eq(vr_digest_file("/no/such/file", hex, &err), -VR_ERR_NOT_FOUND);
    cr_assert_str_eq(err.text, "/no/such/file: no such file");
    cr_assert_eq(vr_digest_file("/dev/zero", hex, &err), -VR_ERR_INPUT);
    cr_assert_eq(vr_digest_file("/tmp", hex, &err), -VR_ERR_INPUT);
    cr_assert_str_eq(hex, "untouched");
}
