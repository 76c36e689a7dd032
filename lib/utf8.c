#include "lib/utf8.h"

#include "lib/err.h"

size_t
utf8_length(const unsigned char *s, size_t left)
{
	static const struct {
		unsigned char mask, lead, least;	/* of the second byte, for the lead that it might abuse */
		size_t n;
	} forms[] = { { 0x80, 0, 0, 1 }, { 0xe0, 0xc0, 0x80, 2 }, { 0xf0, 0xe0, 0xa0, 3 }, { 0xf8, 0xf0, 0x90, 4 } };
	size_t f = 0, n;

	while (f < ARRAY_LEN(forms) && (s[0] & forms[f].mask) != forms[f].lead)
		f++;
	if (f == ARRAY_LEN(forms) || s[0] == 0xc0 || s[0] == 0xc1 || s[0] > 0xf4)
		return 0;
	for (n = 1; n < forms[f].n; n++)
		if (n >= left || (s[n] & 0xc0) != 0x80)
			return 0;
	if ((s[0] & ~forms[f].mask & 0xff) == 0 && f > 1 && s[1] < forms[f].least)
		return 0;
	return (s[0] == 0xed && s[1] > 0x9f) || (s[0] == 0xf4 && s[1] > 0x8f) ? 0 : n;
}

int
utf8_is_text(const unsigned char *s, size_t n)
{
	for (size_t at = 0, step; at < n; at += step) {
		if ((step = utf8_length(s + at, n - at)) == 0)
			return 0;
		if (s[at] < 0x20 || s[at] == 0x7f || (s[at] == 0xc2 && s[at + 1] < 0xa0))
			return 0;
	}
	return 1;
}
