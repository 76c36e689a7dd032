#include "deploy/out/ssh.h"

#include "deploy/out/shared.h"

void
out_authorized_keys(const struct model *m, struct emit *o)
{
	out_heading(m, o, "who may come to the daemon through ssh, and nowhere else.");
	emit_line(o, "# In sshd_config: Match User %s, and there AuthorizedKeysFile /etc/sallyport/authorized_keys",
	    m->ssh.user.v);
	for (size_t i = 0; i < m->ssh.public_keys.n; i++)
		emit_line(o, "restrict,port-forwarding,permitopen=\"%s\" %s", model_loopback(m),
		    m->ssh.public_keys.v[i].v);
}

void
out_ssh_config(const struct model *m, struct emit *o)
{
	out_heading(m, o, "for ~/.ssh/config; ssh -N with this name, then rsync to the local end.");
	emit_line(o, "Host %s-tunnel", m->name.v);
	emit_line(o, "    HostName %s", m->host.v);
	emit_line(o, "    Port %d", (int)m->ssh.port.v);
	emit_line(o, "    User %s", m->ssh.user.v);
	emit_line(o, "    IdentityFile %s", m->ssh.identity.v);
	emit_line(o, "    IdentitiesOnly yes");
	emit_line(o, "    BatchMode yes");
	emit_line(o, "    StrictHostKeyChecking yes");
	emit_line(o, "    SessionType none");
	emit_line(o, "    ExitOnForwardFailure yes");
	emit_line(o, "    StreamLocalBindUnlink yes");
	emit_line(o, "    StreamLocalBindMask 0177");
	emit_line(o, "    ServerAliveInterval 30");
	emit_line(o, "    ServerAliveCountMax 3");
	emit_line(o, "    LocalForward %s %s", m->client.listen.v, model_loopback(m));
}
