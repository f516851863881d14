# What the commands of README.md share. Sourced by tools/house/demo and
# tools/house/test with bash, errexit on.

ROOT=$(cd "$(dirname "${BASH_SOURCE[0]}")/../.." && pwd)
LIT=/usr/lib/llvm-22/bin/lit

say() { printf '\n== %s\n' "$*"; }
die() {
  printf '%s: error: %s\n' "${0##*/}" "$*" >&2
  exit 1
}

# install_packages NAME...: with apt, only what is missing.
install_packages() {
  local missing=() name
  for name in "$@"; do
    [[ $(dpkg-query -W -f='${db:Status-Status}' "$name" 2>/dev/null) == installed ]] ||
      missing+=("$name")
  done
  ((${#missing[@]})) || return 0
  say "installing ${missing[*]}"
  command -v apt-get >/dev/null ||
    die "this is not Debian; install what corresponds to: ${missing[*]}"
  local sudo=()
  if ((EUID != 0)); then
    command -v sudo >/dev/null || die "run as root, or first: apt-get install ${missing[*]}"
    sudo=(sudo)
  fi
  local attempt
  for attempt in 1 2 3; do
    if "${sudo[@]}" apt-get -q update &&
      "${sudo[@]}" env DEBIAN_FRONTEND=noninteractive apt-get -q -y \
        -o Dpkg::Use-Pty=0 -o Dpkg::Lock::Timeout=300 install \
        --no-install-recommends "${missing[@]}" </dev/null; then
      return 0
    fi
    sleep $((attempt * 5))
  done
  die "apt-get could not install: ${missing[*]}"
}

# packages_for MAJOR: what building against that LLVM needs. CMake's description
# of clang names the tools of clang too, so they have to be there.
packages_for() {
  printf '%s\n' "llvm-$1-dev" "libclang-$1-dev" "clang-$1" "clang-tools-$1" \
    "clang-tidy-$1" "clangd-$1"
}

build_packages() {
  printf '%s\n' cmake ninja-build python3 clang-19 lld-19
}

# build MAJOR [TARGET...]: all targets when none is named.
build() {
  local major=$1 tree=$ROOT/build/llvm-$1
  shift
  say "building for LLVM $major"
  if [[ ! -f $tree/build.ninja ]]; then
    # The fixed compiler and interpreter: the ones installed above.
    cmake -G Ninja -S "$ROOT" -B "$tree" -DPYEXT_LLVM="$major" \
      -DCMAKE_C_COMPILER=clang-19 -DCMAKE_CXX_COMPILER=clang++-19 \
      -DPython3_EXECUTABLE=/usr/bin/python3 >"$tree.log" 2>&1 || {
      cat "$tree.log"
      die "cmake failed for LLVM $major"
    }
  fi
  ninja -C "$tree" "$@" || die "the build for LLVM $major failed"
}

# fetch_headers VERSION...: to build/python, unpacked once.
fetch_headers() {
  say "headers of Python $*"
  /usr/bin/python3 "$ROOT/tools/house/fetch_python_headers.py" \
    --out "$ROOT/build/python" "$@" || die "the headers of Python $* could not be fetched"
}

# fetch_interpreters VERSION...: to build/python/bin, unpacked once.
fetch_interpreters() {
  say "interpreters of Python $*"
  /usr/bin/python3 "$ROOT/tools/house/fetch_python_interpreters.py" \
    --out "$ROOT/build/python" "$@" || die "Python $* could not be fetched"
}
