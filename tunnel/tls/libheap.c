#include "tunnel/tls/libheap.h"

#include <malloc.h>
#include <openssl/crypto.h>
#include <stdlib.h>
#include <string.h>

static bool wiping;		/* the library hands its functions no state of ours */

static void *
take(size_t n, const char *file, int line)
{
	(void)file, (void)line;
	return malloc(n);
}

static void
give(void *p, const char *file, int line)
{
	(void)file, (void)line;
	if (wiping && p != NULL)
		explicit_bzero(p, malloc_usable_size(p));
	free(p);
}

static void *
resize(void *p, size_t n, const char *file, int line)
{
	size_t held = p == NULL ? 0 : malloc_usable_size(p);
	void *q;

	if (!wiping || p == NULL)
		return realloc(p, n);
	if ((q = malloc(n)) == NULL)
		return NULL;
	memcpy(q, p, held < n ? held : n);
	give(p, file, line);
	return q;
}

bool
libheap_install(void)
{
	return CRYPTO_set_mem_functions(take, resize, give) == 1;
}

void
libheap_wipe(bool on)
{
	wiping = on;
}
