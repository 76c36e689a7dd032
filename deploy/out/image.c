#include "deploy/out/image.h"

#include "deploy/out/pod.h"
#include "deploy/out/shared.h"

/* Libraries that the two programs are linked to, as Debian 12 calls them. */
#define LIBRARIES "libssl3 libxxhash0 libzstd1 liblz4-1 zlib1g libseccomp2 libcap2 libmicrohttpd12"

void
out_image(const struct model *m, struct emit *o)
{
	out_heading(m, o, "the image of daemon and door.");
	emit_line(o, "# No archive has a package of Sallyport, and an image wants no compiler: the programs are copied, as built on the");
	emit_line(o, "# same release of Debian.  In the directory where they were built, with ../configure --prefix=/usr:");
	emit_line(o, "#   make install-exec DESTDIR=$PWD/image && podman build -t %s -f THIS-FILE image", m->containers.image.v);
	emit_line(o, "ARG BASE=docker.io/library/debian:12-slim");
	emit_line(o, "FROM ${BASE}");
	emit_line(o, "RUN apt-get update && apt-get install -y --no-install-recommends " LIBRARIES " \\");
	emit_line(o, "    && rm -rf /var/lib/apt/lists/*");
	emit_line(o, "RUN groupadd -g " POD_DAEMON_ID " " OUT_DAEMON_USER " && groupadd -g " POD_DOOR_ID " %s \\", out_door_user(m));
	emit_line(o, "    && useradd -u " POD_DAEMON_ID " -g " POD_DAEMON_ID " -M -d / -s /usr/sbin/nologin " OUT_DAEMON_USER " \\");
	emit_line(o, "    && useradd -u " POD_DOOR_ID " -g " POD_DOOR_ID " -M -d / -s /usr/sbin/nologin %s", out_door_user(m));
	emit_line(o, "COPY usr/sbin/sallyport-syncd /usr/sbin/sallyport-syncd");
	emit_line(o, "COPY usr/bin/sallyport-tunnel /usr/bin/sallyport-tunnel");
	emit_line(o, "# whoever runs it says which of the two, and as whom");
	emit_line(o, "USER " POD_DOOR_ID ":" POD_DOOR_ID);
}
