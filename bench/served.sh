# Functions of bench/serve.sh and bench/overload.sh, which set `bin` and `out`, change to the root of
# the tree and source this file.

# fail TEXT...: ends the script with a message.
fail() {
  echo "$(basename "$0"): $*" >&2
  exit 1
}

# Makes the demo's marketplace and its index in `out`, unless an earlier run did.
make_index() {
  mkdir -p "$out"
  [ -d "$out/index" ] || {
    "$bin/barker" generate marketplace --out "$out/demo" >/dev/null
    "$bin/barker" index --ads "$out/demo/catalogue.jsonl" --out "$out/index" 2>/dev/null
  }
}

# start_server COMMAND...: starts the command as a server of that index, waits until it listens, and
# sets `server` to its process and `address` to where it listens. The caller ends it.
start_server() {
  rm -f "$out/address"
  "$@" --index "$out/index" --listen 127.0.0.1:0 --server-deadline 2s \
    >"$out/address" 2>"$out/serve.log" &
  server=$!
  until [ -s "$out/address" ]; do
    kill -0 "$server" || { cat "$out/serve.log" >&2; exit 1; }
    sleep 0.1
  done
  address=$(head -1 "$out/address")
}
