#include "CTestKeys.h"

#ifdef __linux__
#include <openssl/core_names.h>
#include <openssl/ec.h>
#include <openssl/evp.h>

void *test_key_new(void) {
    return EVP_EC_gen("P-256");
}

void test_key_free(void *key) {
    EVP_PKEY_free(key);
}

int test_key_point(void *key, uint8_t point[TEST_KEY_POINT]) {
    size_t len = 0;
    return EVP_PKEY_get_octet_string_param(key, OSSL_PKEY_PARAM_PUB_KEY, point, TEST_KEY_POINT, &len) == 1
        && len == TEST_KEY_POINT;
}

int test_key_sign(void *key, const uint8_t *message, size_t message_len, uint8_t *signature, size_t *len) {
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    int done = context && EVP_DigestSignInit(context, NULL, EVP_sha256(), NULL, key) == 1
        && EVP_DigestSign(context, signature, len, message, message_len) == 1;
    EVP_MD_CTX_free(context);
    return done;
}

int test_key_agree(void *key, const uint8_t peer[TEST_KEY_POINT], uint8_t shared[TEST_KEY_SHARED]) {
    size_t len = TEST_KEY_SHARED;
    EVP_PKEY *other = EVP_PKEY_new();
    EVP_PKEY_CTX *context = EVP_PKEY_CTX_new(key, NULL);
    int done = other && context && EVP_PKEY_copy_parameters(other, key) == 1
        && EVP_PKEY_set1_encoded_public_key(other, peer, TEST_KEY_POINT) == 1
        && EVP_PKEY_derive_init(context) == 1 && EVP_PKEY_derive_set_peer(context, other) == 1
        && EVP_PKEY_derive(context, shared, &len) == 1 && len == TEST_KEY_SHARED;
    EVP_PKEY_CTX_free(context);
    EVP_PKEY_free(other);
    return done;
}
#endif
