"""What two tunnels log about the same, line by line.

logs_beside.py OURS STOCK PKI SCRATCH [FEW]: each situation of the table below is played with both programs at once, debug = 7.  What
is chance (times, numbers, ports, pointers) is masked, what differs on purpose is in STOCK_ONLY, OURS_ONLY and WORDS, with its reason;
all else has to be the same, in the same order, for each connection and for the process.  SCRATCH/beside.N holds what is not."""
import difflib, os, re, signal, socket, ssl, subprocess, sys, threading, time

OURS, STOCK, PKI, SCRATCH = sys.argv[1:5]
FEW = len(sys.argv) > 5

# Lines of stunnel's that ours does not have: why, and which.
STOCK_ONLY = [
    ("threads, polling and signals as it does them", r"Found \d+ ready|FD=\S+ events|Cron |Executing cron|Dispatching a signal|Processing SIG"
     r"|Retrieving |[Ss]ervice thread|cron thread|Terminating a thread|libwrap process"),
    ("its library's callbacks and memory", r"error queue: |application specific data|Leak detection|heap operations|Deallocating |errno: |callback$|str_stats"
     r"|(accept|connect|renegotiation)\(s\) |session reuse\(s\)|internal session cache|external session cache|expired session|PRNG|error library"),
    ("descriptors of its own", r"Clients allowed|descriptor created|escriptor \(FD=#\) (closed|initialized)|wfd reset|fd reset|closed \(FD|Service \[\S+\] closed$"
     r"|Unbinding|Binding service \[[^]]*\]$"),
    ("options that are always set, pid files", r"(accept|local|remote) socket options|Option \S+ set on|pid file"),
    ("versions: ours is told in a line of its own", r"^stunnel 5|Compiled with|Running  with|Threading:"),
    ("the library's settings, which -options and --dump-config tell", r"UTF-8 byte order|FIPS mode|Compression|security level is used|Ciphers: |ciphersuites: "
     r"|TLS options: |Session resumption|DH init|ECDH init|Configured trusted|Private key check|PSK identities|PSKsecrets line"
     r"|No certificate or private|No trusted cert|stapling|Retrieved \d+ PSK"),
    ("states of the library's, one for every message", r"TLS state "),
    ("verification that goes well: who was accepted is said", r"Verification started|Pre-verification succeeded"),
    ("what was cached, and where", r"persistence: |Peer certificate was cached|No peer certificate received|Session id: |Decrypted ticket"),
    ("lines of a protocol, which may hold passwords", r"^ (->|<-) |RFC 2595|RFC 2487|protocol negotiation|SSLRequest received|Waiting for the SOCKS|CONNECT request accepted"),
    ("what a server did not ask for, or did not tell", r"Client certificate not requested|Received trusted client CA"),
    ("an address is no name to send (RFC 6066)", r"SNI: sending servername: 127"),
    ("the end of who is gone already", r"^socket fd: |^TLS fd: |writesocket: Socket is closed"),
    ("once for every file that is read", r"Initializing inetd"),
]
OURS_ONLY = [
    ("who we are, and how we run", r"This is sallyport|Worker #|Vault #|Spawner #|Exporter #|landlock|^stunnel 5|Compiled/running|Threading:"),
    ("warnings that stunnel lacks", r"leads anybody|accepted, also a self"),
    ("why a protocol was given up", r"CONNECT request expected"),
    ("words of 5.75 that 5.68 lacks", r"No OCSP stapling response|OCSP: Certificate accepted"),
    ("once for every file that is read", r"Initializing inetd"),
]
# The same in other words: what 5.68 says, and what 5.75 and ours say.
WORDS = [
    (r"LOG6(.*): Certificate verification disabled", r"LOG6\1: CERT: Certificate verification disabled"),
    (r"\(read hangup\)", "(readsocket)"),
    (r"error: self-signed certificate", "error: certificate not found in local repository: self-signed certificate"),
    (r"ssl_start: s_poll", "SSL_#: s_poll"),
    (r"SSL_connect: Connection reset by peer \(104\)", "SSL_connect: Peer suddenly disconnected"),
    (r"alert \(write\): fatal: internal error", "alert (write): fatal: handshake failure"),	# of subject checks that failed
    (r"SSL_CTX_use_certificate_chain_file: error:80000002:system library::(.*)", r"Failed to load certificate from: /none.crt: \1"),
    (r"Service \[s\]: Protocol not", 'LOG.conf:11: "protocol = frob": Protocol not'),
    (r"SSL_(accept|connect): error:0A000126:SSL routines::unexpected eof while reading", r"SSL_\1: Peer suddenly disconnected"),
]
TAKEN, PORTS = set(), threading.Lock()


def free_port():
    with PORTS:
        while True:
            with socket.socket() as s:
                s.bind(("127.0.0.1", 0))
                port = s.getsockname()[1]
            if port not in TAKEN:
                TAKEN.add(port)
                return port


class Peer(threading.Thread):
    """A server on a port of its own: handle(connection) for each that comes."""
    def __init__(self, handle):
        super().__init__(daemon=True)
        self.handle, self.s = handle, socket.create_server(("127.0.0.1", 0), backlog=64)
        self.port = self.s.getsockname()[1]
        self.start()

    def run(self):
        while True:
            c, _ = self.s.accept()
            threading.Thread(target=self.one, args=(c,), daemon=True).start()

    def one(self, c):
        try:
            self.handle(c)
        except OSError:
            pass
        c.close()


def echo(c):
    while True:
        got = c.recv(65536)
        if not got:
            return
        c.sendall(got)


def sink(c):
    while c.recv(65536):
        pass


def rst(c):
    c.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, b"\1\0\0\0\0\0\0\0")


def resets(c):
    c.recv(1)
    rst(c)


def script(*steps):
    """A server that says (bytes) and waits for lines (None), then echoes."""
    def handle(c):
        for s in steps:
            if s is None:
                c.recv(4096)
            else:
                c.sendall(s)
        echo(c)
    return handle


def tls_server(cert="server", version=None, then=echo, before=None, ca=None, again=False):
    kept = []

    def handle(c):
        if before:
            before(c)
        x = kept[0] if kept else ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
        if again:
            kept[:] = [x]
        x.load_cert_chain(f"{PKI}/{cert}.crt", f"{PKI}/{cert}.key")
        if not again:
            x.options |= ssl.OP_NO_TICKET
            x.num_tickets = 0
        if version:
            x.maximum_version = version
        if ca:
            x.load_verify_locations(f"{PKI}/{ca}.crt")
            x.verify_mode = ssl.CERT_REQUIRED
        t = x.wrap_socket(c, server_side=True, suppress_ragged_eofs=True)
        then(t)
        try:
            t.unwrap()
        except (OSError, ValueError):
            pass
        t.close()
    return Peer(handle)


ECHO, RESET = Peer(echo), Peer(resets)
DEAD = free_port()
TLS12 = ssl.TLSVersion.TLSv1_2


class Run:
    """One program in one situation."""
    def __init__(self, program, name, text, apart=()):
        self.program, self.log = program, f"{SCRATCH}/{name}.{'ours' if program == OURS else 'stock'}"
        self.port, self.other = free_port(), free_port()
        self.conf = self.log + ".conf"
        self.end = r"Connection (closed|reset)" if "debug = 5" in text else r"finished \(\d+ left\)"	# what a connection says last
        self.text = text
        self.write(text)
        self.p, self.session, self.apart = None, None, apart

    def write(self, text):
        words = dict(P=self.port, Q=self.other, E=ECHO.port, D=DEAD, R=RESET.port, pki=PKI, scratch=SCRATCH, srv=f"cert = {PKI}/server.crt\nkey = {PKI}/server.key")
        words.update({k: v.port for k, v in PEERS.items()})
        text = re.sub(r"\{(\w+)\}", lambda m: str(words[m[1]]), text)
        with open(self.conf, "w") as f:
            f.write("foreground = yes\nsyslog = no\ndebug = 7\npid =\n")
            f.write("workers = 1\n" if self.program == OURS else ";\n")
            f.write(text)

    def start(self, stdin=subprocess.DEVNULL, stdout=None):
        self.out = open(self.log, "wb")
        self.p = subprocess.Popen([self.program, self.conf], stdin=stdin, stdout=stdout or self.out, stderr=self.out)

    def wait(self, pattern, n=1, seconds=20):
        end = time.monotonic() + seconds
        while time.monotonic() < end:
            if len(re.findall(pattern, self.read(), re.M)) >= n:
                return True
            if self.p.poll() is not None:
                return len(re.findall(pattern, self.read(), re.M)) >= n
            time.sleep(0.01)
        return False

    def read(self):
        with open(self.log, errors="replace") as f:
            return f.read()

    def stop(self):
        if self.p.poll() is None:
            self.p.terminate()
        self.p.wait()
        self.out.close()


# --- what a client does; each returns when the connection is over at the client's end -----------------------------------------------

def context(cert=None, version=None):
    x = ssl.SSLContext(ssl.PROTOCOL_TLS_CLIENT)
    x.check_hostname, x.verify_mode = False, ssl.CERT_NONE
    x.minimum_version = ssl.TLSVersion.TLSv1_2
    x.set_ciphers("DEFAULT:@SECLEVEL=0")
    if version:
        x.maximum_version = version
    if cert:
        x.load_cert_chain(f"{PKI}/{cert}.crt", f"{PKI}/{cert}.key")
    return x


def tls(cert=None, version=None, sni=None, end="unwrap", resume=False, data=b"ping\n", first=None, waits=True):
    def act(run):
        c = socket.create_connection(("127.0.0.1", run.port))
        c.settimeout(15)
        try:
            if first:
                first(c)
            x = run.session[0] if resume and run.session else context(cert, version)
            t = x.wrap_socket(c, server_hostname=sni, session=run.session[1] if resume and run.session else None)
            t.sendall(data)
            if waits:
                t.recv(len(data))
            run.session = (x, t.session)
            if end == "unwrap":
                t.unwrap()
            elif end == "rst":
                rst(t)
            elif end == "wait":
                t.recv(1)
            t.close()
        except (OSError, ValueError):
            pass
        c.close()
    return act


def plain(data=b"ping\n", end="close", waits=True):
    """Not TLS: a client of a client section, or a stranger."""
    def act(run):
        c = socket.create_connection(("127.0.0.1", run.port))
        c.settimeout(15)
        try:
            if data:
                c.sendall(data)
            got = b""
            while waits and data and data not in got:	# behind a protocol's greeting
                more = c.recv(4096)
                if not more:
                    break
                got += more
            if end == "shut":
                c.shutdown(socket.SHUT_WR)
                c.recv(1)
            elif end == "rst":
                rst(c)
            elif end == "wait":
                while c.recv(4096):
                    pass
        except OSError:
            pass
        c.close()
    return act


def says(*steps):
    """What a client says and hears before TLS: a reply of numbered lines to its last one, however it comes in pieces."""
    def first(c):
        for s in steps:
            if s is not None:
                c.sendall(s)
                continue
            heard = c.recv(4096)
            while heard[:3].isdigit() and (not heard.endswith(b"\r\n") or heard.splitlines()[-1][3:4] == b"-"):
                more = c.recv(4096)
                if not more:
                    break
                heard += more
    return first


def kill(signo, pattern, n=1):
    def act(run):
        run.p.send_signal(signo)
        run.wait(pattern, n)
    act.no_connection = True
    return act


def rewrite(text):
    def act(run):
        run.write(text(run.text))
    act.no_connection = True
    return act


HUP = kill(signal.SIGHUP, r"(Configuration successful|Failed to reload)", 2)
USR1 = kill(signal.SIGUSR1, "Log file reopened")
SRV = "[s]\naccept = 127.0.0.1:{P}\nconnect = 127.0.0.1:{E}\n{srv}\n"
VERIFY = SRV + "CAfile = {pki}/ca.crt\nverifyChain = yes\n"


def client(peer, more=""):
    return "[c]\nclient = yes\naccept = 127.0.0.1:{P}\nconnect = 127.0.0.1:{%s}\n%s" % (peer, more)


PEERS = dict(
    T=tls_server(), AGAIN=tls_server(version=TLS12, again=True), T12=tls_server(version=TLS12), STRANGER=tls_server("stranger"), WRONG=tls_server("wrongname"), WANTS=tls_server(ca="ca"),
)


def before(*steps):
    def talk(c):
        for s in steps:
            if s is None:
                c.recv(4096)
            else:
                c.sendall(s)
    return talk


PEERS.update(
    SMTP=tls_server(before=before(b"220 hi\r\n", None, b"250 STARTTLS\r\n", None, b"220 go\r\n")),
    POP3=tls_server(before=before(b"+OK hi\r\n", None, b"+OK go\r\n")),
    IMAP=tls_server(before=before(b"* OK hi\r\n", None, b"stunnel OK go\r\n")),
    NNTP=tls_server(before=before(b"200 hi\r\n", None, b"382 go\r\n")),
    PGSQL=tls_server(before=before(None, b"S")),
    CONNECT=tls_server(before=before(None, b"HTTP/1.0 200 ok\r\n\r\n")),
    REFUSES=Peer(script(None, b"HTTP/1.0 403 no\r\n\r\n")),
    MAIL=Peer(script(b"220 mail\r\n", None, b"250 hi\r\n")),
    POP=Peer(script(b"+OK pop\r\n")),
    IMA=Peer(script(b"* OK imap\r\n")),
    NOTTLS=Peer(script(None, b"this is no TLS at all, is it\r\n")),
    SILENT=Peer(lambda c: time.sleep(4)),
    SINK=Peer(sink),
    GONE=Peer(lambda c: c.recv(1)),
)

# What follows differs by the kernel's timing, or on purpose where doc/tunnel.md says so: not looked at in that situation.
ENDS = r"close.notify|SSL_shutdown|[Rr]ead ?socket|Sent socket|TLS closed|TLS socket closed"
CHILD = r"Child process"
INETD = "inetd"

# Each row: its name, the configuration, what is done (None: it does not start), and what is not looked at.
TABLE = [
    ("server, TLS 1.3", SRV, [tls()]),
    ("server, TLS 1.2", SRV, [tls(version=TLS12)]),
    ("server: resumption", SRV, [tls(version=TLS12), tls(version=TLS12, resume=True)]),
    ("server: resumption, TLS 1.3", SRV, [tls(), tls(resume=True)]),
    ("server: a certificate is verified", VERIFY, [tls("client"), tls("client", version=TLS12)]),
    ("server: no certificate", VERIFY, [tls(end="wait")]),
    ("server: a stranger's certificate", VERIFY, [tls("stranger", end="wait")]),
    ("server: a self-signed certificate", VERIFY, [tls("self", end="wait")]),
    ("server: verifyPeer", SRV + "CAfile = {pki}/both.crt\nverifyPeer = yes\n", [tls("client"), tls("self", end="wait")]),
    ("server: verify = 1", SRV + "CAfile = {pki}/ca.crt\nverify = 1\n", [tls("client"), tls()]),
    ("server: verify = 4", SRV + "CAfile = {pki}/both.crt\nverify = 4\n", [tls("client"), tls("stranger", end="wait")]),
    ("server: checkHost", VERIFY + "checkHost = nobody.example\n", [tls("client", end="wait")]),
    ("server: requireCert", SRV + "requireCert = yes\n", [tls("client"), tls(end="wait")]),
    ("server: a port scan", SRV, [plain(b"")], r"alert|Connection reset"),
    ("server: a reset in the handshake", SRV, [plain(b"", end="rst")], r"accepted \(FD|accepted connection|Peer |getpeerbyname|reset"),
    ("server: no TLS", SRV, [plain(b"GET / HTTP/1.0\r\n\r\n", end="wait")]),
    ("server: garbage", SRV, [plain(b"\x16\x03\x01\xff\xff\xff", end="wait")], r"length too long"),
    ("server: the back end refuses", SRV.replace("{E}", "{D}"), [tls(end="wait")]),
    ("server: two back ends, one refuses", SRV.replace("connect =", "connect = 127.0.0.1:{D}\nconnect ="), [tls()]),
    ("server: the back end resets", SRV.replace("{E}", "{R}"), [tls(end="wait")], ENDS),
    ("server: the client resets", SRV, [tls(end="rst")], ENDS, r"SSL_read: Connection reset|Connection (closed|reset)"),
    ("server: the client leaves without close_notify", SRV, [tls(end="close")], ENDS, r"decode error"),
    ("server: the client leaves without close_notify, TLS 1.2", SRV, [tls(end="close", version=TLS12)], ENDS, r"decode error"),
    ("server: the client's version is too old", SRV + "sslVersionMin = TLSv1.3\n", [tls(version=TLS12)], r"no virtual"),
    ("server: no cipher in common", SRV + "ciphers = ECDHE-ECDSA-AES256-GCM-SHA384\nsslVersionMax = TLSv1.2\n", [tls(version=TLS12), ]),
    ("server: SNI", SRV + "[v]\nsni = s:v.example\nconnect = 127.0.0.1:{E}\n{srv}\n", [tls(sni="v.example"), tls(sni="x.example"), tls()]),
    ("server: SNI, the section verifies", SRV + "[v]\nsni = s:v.example\nconnect = 127.0.0.1:{E}\n{srv}\nCAfile = {pki}/ca.crt\nverifyChain = yes\n",
     [tls("client", sni="v.example"), tls(sni="v.example", end="wait")]),
    ("server: redirect", VERIFY + "redirect = 127.0.0.1:{E}\n", [tls(), tls("client")]),
    ("server: TIMEOUTbusy", SRV + "TIMEOUTbusy = 1\n", [plain(b"", end="wait")]),
    ("server: TIMEOUTidle", SRV + "TIMEOUTidle = 1\n", [tls(end="wait")]),
    ("server: TIMEOUTclose", SRV.replace("{E}", "{SILENT}") + "TIMEOUTclose = 1\n", [tls(waits=False, end="unwrap")], ENDS),
    ("server: libwrap", SRV + "libwrap = yes\n", [tls()]),
    ("server: exec", "[s]\naccept = 127.0.0.1:{P}\nexec = /bin/cat\n{srv}\n", [tls()], CHILD),
    ("server: exec that is not there", "[s]\naccept = 127.0.0.1:{P}\nexec = /nowhere/cat\n{srv}\n", [tls(end="wait")], ENDS, CHILD),
    ("server: a program fails", "[s]\naccept = 127.0.0.1:{P}\nexec = /bin/false\n{srv}\n", [tls(waits=False, end="wait")], ENDS, CHILD),
    ("server: a wrong reload", SRV, [rewrite(lambda t: t + "frob = 1\n"), kill(signal.SIGHUP, "Failed to reload"), tls()]),
    ("server: a reload", SRV, [tls(), HUP, tls()]),
    ("server: USR1", SRV, [USR1, tls()]),
    ("server: protocol = smtp", SRV.replace("{E}", "{MAIL}") + "protocol = smtp\n",
     [tls(first=says(None, b"EHLO x\r\n", None, b"STARTTLS\r\n", None))]),
    ("server: protocol = pop3", SRV.replace("{E}", "{POP}") + "protocol = pop3\n", [tls(first=says(None, b"STLS\r\n", None))]),
    ("server: protocol = imap", SRV.replace("{E}", "{IMA}") + "protocol = imap\n", [tls(first=says(None, b"a STARTTLS\r\n", None))]),
    ("server: protocol = pgsql", SRV + "protocol = pgsql\n", [tls(first=says(b"\0\0\0\x08\x04\xd2\x16\x2f", None))]),
    ("server: protocol = proxy", SRV.replace("{E}", "{SINK}") + "protocol = proxy\n", [tls(waits=False)]),
    ("server: protocol = socks", "[s]\naccept = 127.0.0.1:{P}\nprotocol = socks\n{srv}\n", [tls(data=b"\x05\x02\x01\x02", end="wait")]),
    ("server: protocol = connect", SRV + "protocol = connect\n", [plain(b"GET / HTTP/1.0\r\n\r\n", end="wait")], r"Connection (closed|reset)"),
    ("client", client("T"), [plain()]),
    ("client, TLS 1.2", client("T12"), [plain()]),
    ("client: verified", client("T", "CAfile = {pki}/ca.crt\nverifyChain = yes\ncheckHost = localhost\n"), [plain()]),
    ("client: checkIP", client("T", "CAfile = {pki}/ca.crt\nverifyChain = yes\ncheckIP = 127.0.0.1\n"), [plain()]),
    ("client: another name", client("WRONG", "CAfile = {pki}/ca.crt\nverifyChain = yes\ncheckHost = localhost\n"), [plain(end="wait")]),
    ("client: another authority", client("STRANGER", "CAfile = {pki}/ca.crt\nverifyChain = yes\ncheckHost = localhost\n"), [plain(end="wait")]),
    ("client: sni", client("T", "sni = a.example\n"), [plain()]),
    ("client: its certificate is wanted", client("WANTS", "cert = {pki}/client.crt\nkey = {pki}/client.key\n"), [plain()]),
    ("client: refused", client("D"), [plain(end="wait")]),
    ("client: no TLS there", client("NOTTLS"), [plain(end="wait")]),
    ("client: the server leaves", client("GONE"), [plain(end="wait")]),
    ("client: TIMEOUTbusy", client("SILENT", "TIMEOUTbusy = 1\n"), [plain(end="wait")]),
    ("client: protocol = smtp", client("SMTP", "protocol = smtp\n"), [plain()]),
    ("client: protocol = pop3", client("POP3", "protocol = pop3\n"), [plain()]),
    ("client: protocol = imap", client("IMAP", "protocol = imap\n"), [plain()]),
    ("client: protocol = nntp", client("NNTP", "protocol = nntp\n"), [plain()]),
    ("client: protocol = pgsql", client("PGSQL", "protocol = pgsql\n"), [plain()]),
    ("client: protocol = connect", client("CONNECT", "protocol = connect\nprotocolHost = a.example:1\n"), [plain()]),
    ("client: connect is refused", client("REFUSES", "protocol = connect\nprotocolHost = a.example:1\n"), [plain(end="wait")]),
    ("client: a session again", client("AGAIN"), [plain(), plain()]),
    ("PSK, both ends", "[s]\naccept = 127.0.0.1:{Q}\nconnect = 127.0.0.1:{E}\nciphers = PSK\nPSKsecrets = {scratch}/psk\n"
     "[c]\nclient = yes\naccept = 127.0.0.1:{P}\nconnect = 127.0.0.1:{Q}\nPSKsecrets = {scratch}/psk\nsslVersionMax = TLSv1.2\n", [plain()], r"TLS (accepted|connected):|DH parameters|finished"),
    ("server: OCSP, no responder", VERIFY + "OCSP = http://127.0.0.1:{D}/\n", [tls("client", end="wait")],
     r"OCSP: |TLS accepted|ciphersuite|temporary key|s_connect|SSL_accept|alert|Connection reset|Certificate accepted at depth=0"),
    ("server: round robin", SRV.replace("connect =", "failover = rr\nconnect = 127.0.0.1:{D}\nconnect ="), [tls(), tls()],
     r"starting at entry|s_connect: (connecting|connect|s_poll_wait) "),
    ("server: verifyPeer alone knows the certificate", SRV + "CAfile = {pki}/client.crt\nverifyPeer = yes\n", [tls("client")]),
    ("server: logId", SRV + "debug = 5\n", [tls(), tls(end="wait", data=b"")]),
    ("client: a program is the client", "[x]\nclient = yes\nexec = /bin/cat\nconnect = 127.0.0.1:{D}\n", [], CHILD),
    ("inetd mode", "connect = 127.0.0.1:{E}\n{srv}\n", INETD),
    ("start: an unknown option", SRV + "frob = 1\n", None),
    ("start: no such certificate", SRV.replace("{srv}", "cert = {scratch}/none.crt"), None),
    ("start: one endpoint", "[s]\naccept = 127.0.0.1:{P}\n{srv}\n", None),
    ("start: the port is taken", SRV.replace("{P}", "{E}"), None, "Configuration failed"),
    ("start: a wrong value", SRV + "TIMEOUTidle = x\n", None),
    ("start: no such protocol", SRV + "protocol = frob\n", None),
]


def masked(run, line):
    line = re.sub(r"^\d{4}\.\d\d\.\d\d \d\d:\d\d:\d\d ", "", line)
    line = re.sub(r"(\w+@)?\.\./\S+\.c:\d+: ", "", line)
    line = line.replace(SCRATCH, "").replace(f"127.0.0.1:{run.port}", "127.0.0.1:ACCEPT").replace(f"127.0.0.1:{run.other}", "127.0.0.1:OTHER").replace(run.log.replace(SCRATCH, ""), "LOG")
    for name, port in dict(E=ECHO.port, D=DEAD, R=RESET.port, **{k: v.port for k, v in PEERS.items()}).items():
        line = line.replace(f"127.0.0.1:{port}", f"127.0.0.1:{name}")
    line = re.sub(r"127\.0\.0\.1:\d+", "127.0.0.1:#", line)
    line = re.sub(r"(FD=|PID=|Child process |Worker |Vault |Spawner )\d+", r"\1#", line)
    return line


def kept(run):
    """The lines of each connection and of the process, in order."""
    drop = STOCK_ONLY if run.program == STOCK else OURS_ONLY
    groups = {}
    for line in run.read().splitlines():
        line = masked(run, line)
        m = re.match(r"LOG\d\[(\w+)\]: |\[(.)\] ", line)
        text = line[m.end():] if m else line
        if not m or any(re.search(p, text) for _, p in drop) or m[1] == "cron":
            continue
        if run.program == STOCK:
            for was, now in WORDS:
                line = re.sub(was, now, line)
        elif re.search(r"s_poll_wait: TIMEOUTbusy", line):
            line = re.sub(r"SSL_(accept|connect)", "SSL_#", line)
        if any(re.search(p, line) for p in run.apart) or ("Accepting new connections" in line and line in groups.get("ui", [])):
            continue
        key = m[1] if m[1] and m[1].isdigit() else "ui"
        groups.setdefault(key, []).append(line)
    return groups


def inetd(run):
    """The program serves one connection, which it was started with."""
    with socket.create_server(("127.0.0.1", 0)) as s:
        c = socket.create_connection(s.getsockname())
        a, _ = s.accept()
    run.start(stdin=a, stdout=a)
    a.close()
    try:
        t = context().wrap_socket(c)
        t.sendall(b"ping\n")
        t.recv(5)
        t.unwrap()
    except OSError:
        pass
    c.close()
    run.p.wait(20)


def play(run, actions):
    if actions == INETD:
        inetd(run)
        return
    run.start()
    if actions is None:
        run.p.wait(20)
    elif run.wait("Accepting new connections|Configuration failed"):
        if not actions:
            run.wait(run.end)
        for act in actions:
            n = len(re.findall(run.end, run.read()))
            act(run)
            if not hasattr(act, "no_connection"):
                run.wait(run.end, n + 1, 8)
    run.stop()


def main():
    with open(f"{SCRATCH}/psk", "w") as f:
        f.write("me:0123456789abcdef0123456789abcdef\n")
    rows = TABLE[::16] if FEW else TABLE
    todo, lock = list(enumerate(rows)), threading.Lock()

    def work():
        while True:
            with lock:
                if not todo:
                    return
                i, (name, text, actions, *apart) = todo.pop(0)
            runs = [Run(p, f"row{i}", text, apart) for p in (OURS, STOCK)]
            both = [threading.Thread(target=play, args=(r, actions)) for r in runs]
            for t in both:
                t.start()
            for t in both:
                t.join()
            ours, stock = (kept(r) for r in runs)
            lines = []
            for key in sorted(set(ours) | set(stock)):
                lines += difflib.unified_diff(stock.get(key, []), ours.get(key, []), "stunnel", "ours", n=1, lineterm="")
            with open(f"{SCRATCH}/beside.{i}", "w") as f:
                f.write("".join(x + "\n" for x in lines))
            with lock:
                print(f"{i}|{name}", flush=True)

    workers = [threading.Thread(target=work) for _ in range(4)]
    for w in workers:
        w.start()
    for w in workers:
        w.join()


main()
