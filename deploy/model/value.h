/* What one text of a deployment file may be.  Each returns what is wrong with it, remedy included, or NULL.
 * Texts that pass can stand in every configuration that is written from them. */
#ifndef SALLYPORT_DEPLOY_MODEL_VALUE_H
#define SALLYPORT_DEPLOY_MODEL_VALUE_H

#include <stdint.h>

const char *value_name(const char *text);		/* of a deployment or back end */
const char *value_host(const char *text);		/* a DNS name or a numeric address */
const char *value_address(const char *text);		/* numeric */
const char *value_listen(const char *text);		/* a UNIX socket's path, or a loopback address with port */
const char *value_endpoint(const char *text);		/* a numeric address with port */
const char *value_client_listen(const char *text);	/* as value_listen */
const char *value_path(const char *text);		/* absolute, without "..", of plain characters */
const char *value_home_path(const char *text);		/* the same, or from "~/" */
const char *value_module_path(const char *text);	/* absolute, without ".."; may hold blanks */
const char *value_module_name(const char *text);
const char *value_user_name(const char *text);		/* of a login, or of a group of certificates */
const char *value_account(const char *text);		/* of a system's user or group */
const char *value_label(const char *text);		/* of an object of Kubernetes */
const char *value_image(const char *text);		/* of a container */
const char *value_command(const char *text);		/* for a shell; begins with an absolute path */
const char *value_comment(const char *text);
const char *value_pattern(const char *text);		/* of an exclude rule */
const char *value_secret(const char *text);
const char *value_log(const char *text);		/* "journal" or a path */
const char *value_ssh_key(const char *text);		/* one line of an authorized_keys file, without options */
const char *value_cidr(const char *text);		/* without host bits */

/* Would rsyncd.conf(5) take part of this text for an environment variable? */
int value_expands(const char *text);

const char *value_client(const char *text);	/* the same, or the name of a certificate, or "@" and a group of such */
const char *value_member(const char *text);	/* the name of a certificate */

/* Is it the name of a certificate, "cn:alice", or of a group of them?  Of a group, "@staff"? */
int value_is_identity(const char *text);
int value_is_group(const char *text);

/* Is it every address there is? */
int value_is_everybody(const char *cidr);

/* A placeholder that somebody forgot to replace, or a word that everybody tries? */
int value_is_placeholder(const char *secret);

/* Is it UTF-8 of characters that YAML may hold? */
int value_is_unicode(const char *text);

#endif
