# What scripts about the daemon's ledger share: a key, its configuration and what is in it.
mkdir "$scratch/m" "$scratch/up" "$scratch/d"
chmod 777 "$scratch/up"
echo text > "$scratch/m/a"
openssl genpkey -algorithm ed25519 -out "$scratch/key.pem" 2> /dev/null || skip_all 'openssl makes no Ed25519 key'
chmod 600 "$scratch/key.pem"
openssl pkey -in "$scratch/key.pem" -pubout -out "$scratch/pub.pem"
ledger=$scratch/ledger

# ledger_conf: the global part
ledger_conf() { cat <<E2
use chroot = no
reverse lookup = no
ledger = $ledger
ledger key = $scratch/key.pem
$([ "$(id -u)" != 0 ] || printf 'uid = 0\ngid = 0\n')
E2
}
# verify [FILE...]: with the key
verify() { "$sallyport" ledger verify --key "$scratch/pub.pem" "${@:-$ledger}"; }
# events [FILE]: the name of each entry
events() { sed 's/.*"event": "\([a-z]*\)".*/\1/' "${1:-$ledger}" | tr '\n' ' ' | sed 's/ $//'; }
has() { grep -c "$1" "$ledger"; }
