/* H(key ^ opad, H(key ^ ipad, text)), the key padded to a block with zeros, or its digest where it is longer. */
#include "base/hmac.h"

#include <stdint.h>
#include <string.h>

#define INNER 0x36
#define OUTER 0x5c

static void begin(SHA2_CTX *context, const uint8_t block[SHA256_BLOCK_LENGTH], uint8_t pad)
{
    uint8_t padded[SHA256_BLOCK_LENGTH];
    for (size_t i = 0; i < sizeof padded; i++)
        padded[i] = block[i] ^ pad;
    SHA256Init(context);
    SHA256Update(context, padded, sizeof padded);
}

void vr_hmac_sha256(
    const void *key, size_t key_size, const void *data, size_t size,
    char ret_hex[VR_DIGEST_HEX_SIZE])
{
    SHA2_CTX context;
    uint8_t block[SHA256_BLOCK_LENGTH] = {0}, inner[SHA256_DIGEST_LENGTH];
    if (key_size > sizeof block) {
        SHA256Init(&context);
        SHA256Update(&context, key, key_size);
        SHA256Final(block, &context);
    } else if (key_size > 0) {
        memcpy(block, key, key_size);
    }
    begin(&context, block, INNER);
    SHA256Update(&context, data, size);
    SHA256Final(inner, &context);
    begin(&context, block, OUTER);
    SHA256Update(&context, inner, sizeof inner);
    SHA256End(&context, ret_hex);
}
