/* What every fuzz target starts from. */
#ifndef SALLYPORT_FUZZ_TARGET_H
#define SALLYPORT_FUZZ_TARGET_H

#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

/* A property of the decoder: an input that breaks it is a find. */
static inline void
must(int holds)
{
	if (!holds)
		abort();
}

#endif
