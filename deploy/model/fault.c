#include "deploy/model/fault.h"

#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/grow.h"

void
fault_add(struct faults *l, struct where at, const char *fmt, ...)
{
	struct fault *f;
	va_list ap;

	if (l->n == FAULTS_MAX || !grow(&l->v, sizeof *l->v, l->n, &l->cap)) {
		l->lost++;
		return;
	}
	f = &l->v[l->n++];
	snprintf(f->file, sizeof f->file, "%s", at.file == NULL ? "" : at.file);
	f->line = at.line;
	va_start(ap, fmt);
	vsnprintf(f->text, sizeof f->text, fmt, ap);
	va_end(ap);
}

void
faults_sort(struct faults *l)
{
	for (size_t i = 1; i < l->n; i++) {
		struct fault f = l->v[i];
		size_t k = i;

		for (; k > 0 && strcmp(l->v[k - 1].file, f.file) == 0 && l->v[k - 1].line > f.line; k--)
			l->v[k] = l->v[k - 1];
		l->v[k] = f;
	}
}

int
faults_any(const struct faults *l)
{
	return l->n > 0 || l->lost > 0;
}

void
faults_done(struct faults *l)
{
	free(l->v);
	*l = (struct faults)FAULTS_INIT;
}
