/* base/hmac: the vectors of RFC 4231. */
#include "base/hmac.h"

#include <criterion/criterion.h>
#include <string.h>

static void assert_hmac(
    const char *key, size_t key_size, const char *text, size_t size, const char *hex)
{
    char got[VR_DIGEST_HEX_SIZE];
    vr_hmac_sha256(key, key_size, text, size, got);
    cr_assert_str_eq(got, hex);
}

Test(hmac, has_the_values_of_its_specification)
{
    char key[131], text[50], counted[25];
    memset(key, 0x0b, 20);
    assert_hmac(
        key, 20, "Hi There", 8, "b0344c61d8db38535ca8afceaf0bf12b881dc200c9833da726e9376c2e32cff7");
    assert_hmac(
        "Jefe", 4, "what do ya want for nothing?", 28,
        "5bdcc146bf60754e6a042426089575c75a003f089d2739839dec58b964ec3843");
    memset(key, 0xaa, sizeof key);
    memset(text, 0xdd, sizeof text);
    assert_hmac(
        key, 20, text, 50, "773ea91e36800e46854db8ebd09181a72959098b3ef8c122d9635514ced565fe");
    for (size_t i = 0; i < sizeof counted; i++)
        counted[i] = (char)(i + 1);
    memset(text, 0xcd, sizeof text);
    assert_hmac(
        counted, 25, text, 50, "82558a389a443c0ea4cc819899f2083a85f0faa3e578f8077a2e3ff46729665b");
    static const char first[] = "Test Using Larger Than Block-Size Key - Hash Key First";
    assert_hmac(
        key, 131, first, sizeof first - 1,
        "60e431591ee0b67f0d8a26aacbf5b77f8e0bc6213728c5140546040f0ee37f54");
    static const char both[] =
        "This is a test using a larger than block-size key and a larger than block-size data. The "
        "key needs to be hashed before being used by the HMAC algorithm.";
    assert_hmac(
        key, 131, both, sizeof both - 1,
        "9b09ffa71b942fcb27635fbcd5b0e944bfdc63644f0713938a7f51535c3a35e2");
}

Test(hmac, takes_no_key_and_no_text)
{
    assert_hmac("", 0, "", 0, "b613679a0814d9ec772f95d778c35fc5ff1697c493715653c6c712144292c5ad");
}
