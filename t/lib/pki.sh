# A small public key infrastructure, and certificates of it.
# a small PKI in $scratch/pki: ca, server (localhost, 127.0.0.1), client, other-ca; as NAME.crt NAME.key
make_pki() {
	mkdir -p "$scratch/pki"
	(
		cd "$scratch/pki" || exit 1
		for _ca in ca other-ca; do
			openssl req -x509 -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -days 30 -subj "/CN=Test $_ca" \
			    -keyout $_ca.key -out $_ca.crt 2> /dev/null
		done
		issue server ca "subjectAltName=DNS:localhost,IP:127.0.0.1,IP:::1" /CN=localhost
		issue client ca "extendedKeyUsage=clientAuth" "/CN=client one"
		issue stranger other-ca "subjectAltName=DNS:localhost,IP:127.0.0.1" /CN=localhost
		issue wrongname ca "subjectAltName=DNS:elsewhere.example" /CN=elsewhere.example
	)
}
issue() { # issue NAME CA EXTENSION SUBJECT [DAYS]: in the current directory
	openssl req -newkey ec -pkeyopt ec_paramgen_curve:P-256 -nodes -subj "$4" -keyout "$1.key" -out "$1.csr" 2> /dev/null
	printf '%s\n' "$3" > "$1.ext"
	openssl x509 -req -in "$1.csr" -CA "$2.crt" -CAkey "$2.key" -CAcreateserial -days "${5:-30}" -extfile "$1.ext" \
	    -out "$1.crt" 2> /dev/null
}
