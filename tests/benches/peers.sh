#!/bin/sh
# Installs the programs that the benchmark compares the relay with, below target/peers: those that the package registries have.
# Another, such as wstunnel, is measured when it is on the PATH. Needs cargo, python3 with venv, and npm. Takes some minutes.
set -eu
peers="$(cd "$(dirname "$0")/../.." && pwd)/target/peers"
mkdir -p "$peers/bin"

cargo install --quiet --root "$peers" --version 1.14.1 websocat

python3 -m venv "$peers/python"
"$peers/python/bin/pip" install --quiet websockify==0.13.0 wisp-python==0.9.0 uvloop
ln -sf ../python/bin/websockify "$peers/bin/websockify"
printf '#!/bin/sh\nexec "%s" -m wisp.server "$@"\n' "$peers/python/bin/python" > "$peers/bin/wisp-python"
chmod +x "$peers/bin/wisp-python"

npm install --silent --prefix "$peers/node" @mercuryworkshop/wisp-js@0.5.0
ln -sf ../node/node_modules/.bin/wisp-js-server "$peers/bin/wisp-js-server"
