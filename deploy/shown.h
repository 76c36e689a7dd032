/* Strangers' texts on a terminal. */
#ifndef SALLYPORT_DEPLOY_SHOWN_H
#define SALLYPORT_DEPLOY_SHOWN_H

/* What is shown of a text: bytes of control characters, and of what is no UTF-8, as \#ooo.  dst has room for five times the text and its
 * NUL.  Returns dst. */
const char *shown_text(const char *text, char *dst);

#endif
