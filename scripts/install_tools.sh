# Finds or installs the pinned runtimes; sourced by scripts/run and scripts/test.
#
# The pins are the "runtimes" of package.json. What is not on PATH comes from npm and
# lies in node_modules/.runtimes, one folder per version, so that neither npm nor Bun
# prunes it. Install scripts are not run: they only wrap the platform's binary, which is
# an optional dependency and is started directly, so signals reach it.

root="$(cd "$(dirname "${BASH_SOURCE[0]}")/.." && pwd -P)"

# Says what is missing and leaves with status 3.
missing() {
  echo "$(basename "$0"): $1" >&2
  exit 3
}

# Prints the pinned version of a runtime: pinned_version deno
pinned_version() {
  sed -n '/"runtimes"/,/}/s/.*"'"$1"'": *"\([^"]*\)".*/\1/p' "$root/package.json"
}

# Prints the path of the runtime that npm installed, if it is there.
installed_runtime() {
  local name="$1" folder="$2" candidate
  # Several builds can lie side by side (glibc and musl, with and without AVX2); take one that runs.
  for candidate in "$folder"/node_modules/@deno/*/deno "$folder"/node_modules/@oven/*/bin/bun; do
    [ "$(basename "$candidate")" = "$name" ] || continue
    if [ -x "$candidate" ] && "$candidate" --version >/dev/null 2>&1; then
      echo "$candidate"
      return
    fi
  done
  return 1
}

# Prints the path of the pinned runtime, installed from npm when it is not there yet.
install_runtime() {
  local name="$1" version folder fresh
  version="$(pinned_version "$name")"
  folder="$root/node_modules/.runtimes/$name-$version"
  if installed_runtime "$name" "$folder"; then return; fi
  command -v npm >/dev/null ||
    missing "cannot install $name $version: npm is not on PATH (or put $name itself there)"
  echo "installing $name $version" >&2
  mkdir -p "$root/node_modules/.runtimes"
  fresh="$(mktemp -d "$root/node_modules/.runtimes/fresh.XXXXXX")"
  npm install --prefix "$fresh" --no-save --no-package-lock --ignore-scripts \
    --no-audit --no-fund --loglevel=error "$name@$version" >&2 ||
    { rm -rf "$fresh"; missing "npm cannot install $name $version"; }
  # Two scripts may install at the same time: whoever is second keeps the first's.
  if [ -e "$folder" ]; then rm -rf "$fresh"; else mv "$fresh" "$folder"; fi
  installed_runtime "$name" "$folder" ||
    missing "$name $version from npm does not run on this machine"
}
