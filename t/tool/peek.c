/* peek PID TEXT: is the text (or what hex:DIGITS stands for) anywhere in the memory of that process?  0: yes, 1: no, 2: it cannot
 * be read.
 * A sanitizer's shadow (terabytes of it) is left out: it holds no text. */
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const unsigned long largest = 1UL << 32;
static char piece[1 << 20];

/* Whether from..to of mem holds the text; pages that cannot be read hold nothing. */
static int
holds(int mem, unsigned long from, unsigned long to, const char *text, size_t n)
{
	for (unsigned long at = from; at < to; at += sizeof piece - n) {
		size_t want = to - at < sizeof piece ? to - at : sizeof piece;
		ssize_t got = pread(mem, piece, want, (off_t)at);

		if (got > 0 && memmem(piece, (size_t)got, text, n) != NULL)
			return 1;
		if (want < sizeof piece)
			break;
	}
	return 0;
}

/* Digits become bytes where they stand: their number. */
static size_t
from_hex(char *text)
{
	size_t n = 0;

	for (unsigned byte; sscanf(text + 2 * n, "%2x", &byte) == 1; n++)
		text[n] = (char)byte;
	return n;
}

int
main(int argc, char **argv)
{
	char path[64], line[4096], rights[8];
	unsigned long from, to, read_any = 0;
	FILE *maps;
	char *text;
	size_t n;
	int mem;

	if (argc != 3)
		return 2;
	text = strncmp(argv[2], "hex:", 4) == 0 ? argv[2] + 4 : argv[2];
	n = text == argv[2] ? strlen(text) : from_hex(text);
	snprintf(path, sizeof path, "/proc/%s/maps", argv[1]);
	maps = fopen(path, "r");
	snprintf(path, sizeof path, "/proc/%s/mem", argv[1]);
	mem = open(path, O_RDONLY);
	if (maps == NULL || mem < 0)
		return 2;
	while (fgets(line, sizeof line, maps) != NULL)
		if (sscanf(line, "%lx-%lx %7s", &from, &to, rights) == 3 && rights[0] == 'r' && to - from <= largest) {
			read_any = 1;
			if (holds(mem, from, to, text, n))
				return 0;
		}
	return read_any ? 1 : 2;
}
