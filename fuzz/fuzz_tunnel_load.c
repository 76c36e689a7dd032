/* The text of a configuration file to services; what loads must dump to text that loads again. */
#include <stdint.h>
#include <stdlib.h>
#include <syslog.h>

#include "lib/log.h"
#include "tunnel/conf/load.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct tun_conf *conf, *again;
	struct conf_err e;
	struct buf out = BUF_INIT;

	log_set_level(LOG_EMERG - 1);
	if (load_text("fuzz", (const char *)data, size, &conf, &e) != 0)
		return 0;
	tun_conf_dump(conf, &out);
	tun_conf_free(conf);
	if (load_text("dump", (const char *)buf_head(&out), buf_len(&out), &again, &e) != 0)
		abort();
	tun_conf_free(again);
	buf_done(&out);
	return 0;
}
