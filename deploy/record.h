/* What the parts of `serve` log, told again in calm words: our daemon's records are JSON, the tunnel's lines begin with their level.
 * Pure; what clients say about themselves (a name, a module) may be in there. */
#ifndef SALLYPORT_DEPLOY_RECORD_H
#define SALLYPORT_DEPLOY_RECORD_H

#include <stddef.h>
#include <stdint.h>

enum { RECORD_TEXT_SIZE = 512 };

/* A record of our daemon; what it does not have is "" or 0. */
struct record {
	char event[32], address[64], certificate[128], module[128], user[128], direction[8], text[RECORD_TEXT_SIZE];
	int64_t level, files, file_bytes, result;
	int64_t ms;		/* of the seconds that it took */
	int has_totals;		/* it says what it moved */
};

/* Read a line that is one flat object of texts and numbers, and nothing else.  Members that are not above are left out; texts are cut to
 * fit.  0 or E_FORMAT. */
int record_parse(const char *line, struct record *ret);

/* Does it tell of something that went wrong? */
int record_is_error(const struct record *r);

/* What the user wants to know of it, without the time and with who it is about: "192.0.2.7 (laptop) pulled 120 files, 3.4 MB in 1.2 s";
 * "" when that is nothing.  Control bytes may be in it.  Returns dst. */
char *record_words(const struct record *r, char *dst, size_t size);

/* A line of the tunnel, "2026.11.21 22:48:02 LOG3[5]: text": its level, and where its text begins; -1 when it is none. */
int record_tunnel(const char *line, const char **ret_text);

/* Whose connection it was that the tunnel spoke of last. */
struct record_peer {
	char id[24], address[64];
};

/* The same in words, as record_words: what went wrong, and with whom, where the line of the connection came before. */
char *record_tunnel_words(const char *line, struct record_peer *peer, char *dst, size_t size);

#endif
