/* The key of a ledger: Ed25519, in PEM.  Part of libledger.a: needs OpenSSL. */
#ifndef SALLYPORT_LIB_LEDGER_KEY_H
#define SALLYPORT_LIB_LEDGER_KEY_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "lib/ledger_chain.h"

struct ledger_key;

/* Read one of n bytes: the private key, which has no password, or the public one.  0, E_FORMAT when it is none of that kind, -ENOMEM. */
int ledger_key_private(const void *pem, size_t n, struct ledger_key **ret);
int ledger_key_public(const void *pem, size_t n, struct ledger_key **ret);

/* NULL is fine. */
void ledger_key_free(struct ledger_key *k);

/* Sign that entry, and so all before it (ledger_head_message).  0 or -EIO. */
int ledger_key_sign(const struct ledger_key *k, const struct ledger_chain *at, uint8_t ret[LEDGER_SIGNATURE_SIZE]);

/* Is it the signature of that entry? */
bool ledger_key_verify(const struct ledger_key *k, const struct ledger_chain *at, const uint8_t signature[LEDGER_SIGNATURE_SIZE]);

#endif
