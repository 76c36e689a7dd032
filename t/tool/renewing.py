#!/usr/bin/env python3
# What a door would bring to `sallyport ca respond`, and what comes back: renewing.py SALLYPORT CADIR CN SERIAL BITS VERDICT REQUEST [CERT]
# REQUEST is a file, DER; CERT is where a certificate goes, DER.  "half" for BITS: the request is cut, and the connection stays open.
import os, socket, struct, subprocess, sys, time
program, folder, cn, serial, bits, verdict, request = sys.argv[1:8]
def tlv(kind, value): return bytes([kind]) + struct.pack('>H', len(value)) + value
half = bits == 'half'
ssl = bytes([3 if half else int(bits)]) + struct.pack('>I', int(verdict)) + (tlv(0x22, cn.encode()) if cn else b'')
facts = b'\x7f\0\0\1\x7f\0\0\1\x12\x34\x03\x6a' + tlv(0x20, ssl) + (tlv(0xe3, serial.encode()) if serial else b'')
der = open(request, 'rb').read()
said = b'\r\n\r\n\0\r\nQUIT\n\x21\x11' + struct.pack('>H', len(facts)) + facts + b'SALLYPORT-RENEW 1 %d\n' % len(der) + der
ours, theirs = socket.socketpair()
begin = time.monotonic()
p = subprocess.Popen([program, 'ca', 'respond', '--dir', folder], stdin=theirs, stderr=subprocess.PIPE)
theirs.close()
ours.sendall(said[:-20] if half else said)
heard = b''
while True:
    try: piece = ours.recv(65536)
    except ConnectionResetError: break	 # it did not read what follows a header that it refused
    if not piece: break
    heard += piece
errors = p.stderr.read().decode()
line, _, rest = heard.partition(b'\n')
print(line.decode(), '' if p.wait() == 0 else 'status %d' % p.returncode)
print(errors, end='')
if half: print('it took %s' % ('its time' if 5 < time.monotonic() - begin < 20 else 'another time'))
if line.startswith(b'OK ') and len(sys.argv) > 8:
    assert len(rest) == int(line[3:])
    open(sys.argv[8], 'wb').write(rest)
