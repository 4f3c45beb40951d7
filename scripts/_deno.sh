# Sourced by the entry points beside it, which set `root` to the checkout first. Sets `deno` to a Deno
# that is new enough: the one on PATH, else the pinned one, which npm's npx fetches and keeps.
#
# Asking Deno for its own path skips npm's wrapper script, so signals reach Deno itself.

pinned=2.6.8

# Behind a network with its own certificate authority npm packages load only with the system's store.
: "${DENO_TLS_CA_STORE:=system,mozilla}"
export DENO_TLS_CA_STORE
# A newer Deno's advertisement in the output would break whoever reads it.
export DENO_NO_UPDATE_CHECK=1

# new_enough VERSION: whether VERSION is `pinned` or newer.
new_enough() {
  printf '%s\n%s\n' "$pinned" "$1" | sort -t. -k1,1n -k2,2n -k3,3n | head -n 1 | grep -qx "$pinned"
}

# ask COMMAND...: version and path of the Deno that the command starts.
ask() {
  "$@" eval --no-config 'console.log(Deno.version.deno.split("-")[0] + " " + Deno.execPath())' 2>/dev/null
}

# find_deno [exact]: with `exact`, only the pinned version will do.
find_deno() {
  if command -v deno >/dev/null 2>&1; then
    found=$(ask deno) || found=
    version=${found%% *}
    if [ -n "$found" ] && { [ "$version" = "$pinned" ] || { [ $# -eq 0 ] && new_enough "$version"; }; }; then
      deno=${found#* }
      return
    fi
  fi
  if ! command -v npx >/dev/null 2>&1; then
    echo "Cannot start: there is neither Deno $pinned or newer on PATH, nor npx to fetch it with" >&2
    echo "help: install Deno (https://deno.com) or Node.js (https://nodejs.org)" >&2
    exit 2
  fi
  found=$(ask npx --yes "deno@$pinned") || found=
  if [ -z "$found" ]; then
    echo "Cannot fetch Deno $pinned: 'npx --yes deno@$pinned' failed" >&2
    echo "help: run 'npx --yes deno@$pinned --version' to see why" >&2
    exit 2
  fi
  deno=${found#* }
}
