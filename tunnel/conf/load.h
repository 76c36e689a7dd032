/* The text of a configuration file to a tun_conf: defaults inherited, lines acting in their order,
 * the rules across options checked as each section ends.  Opens nothing but the file itself and
 * what it includes. */
#ifndef SALLYPORT_TUNNEL_CONF_LOAD_H
#define SALLYPORT_TUNNEL_CONF_LOAD_H

#include "tunnel/conf/conf.h"

/* path is for messages; nothing can be included.  0, E_CONF with *e filled, or -ENOMEM.  Warnings go to the log. */
int load_text(const char *path, const char *text, size_t size, struct tun_conf **ret, struct conf_err *e);

/* Read the file, or what descriptor fd holds when fd >= 0 (path is then its number). */
int load_file(const char *path, int fd, struct tun_conf **ret, struct conf_err *e);

/* With every string it owns; NULL is none. */
void tun_conf_free(struct tun_conf *conf);

/* The configuration as it was understood, readable again. */
void tun_conf_dump(const struct tun_conf *conf, struct buf *out);

/* In a process that has no use for them: passwords and ticket secrets become empty. */
void tun_conf_forget(struct tun_conf *conf);

#endif
