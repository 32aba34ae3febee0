#pragma once
#include <stddef.h>
#include <stdint.h>

// P-256 keys by libcrypto. Each returns 1, or 0 where libcrypto refused.
enum { TEST_KEY_POINT = 65, TEST_KEY_SHARED = 32, TEST_KEY_SIGNATURE = 72 };

// A new key, NULL where libcrypto refused; freed by test_key_free.
void *test_key_new(void);
void test_key_free(void *key);

// The public point, uncompressed (SEC 1).
int test_key_point(void *key, uint8_t point[TEST_KEY_POINT]);

// ECDSA with SHA-256, in DER; *len is the room given, then the length.
int test_key_sign(void *key, const uint8_t *message, size_t message_len, uint8_t *signature, size_t *len);

// ECDH with another's uncompressed point.
int test_key_agree(void *key, const uint8_t peer[TEST_KEY_POINT], uint8_t shared[TEST_KEY_SHARED]);

// Entry points of a library built with `--features faults`; `status` is a RustCallStatus. One panics, two make the phones suffer.
void uniffi_gauze_fn_func_panic_now(void *status);
void uniffi_gauze_fn_func_set_disk_full(int8_t full, void *status);
void uniffi_gauze_fn_func_set_clock_wrong(int64_t seconds, void *status);
