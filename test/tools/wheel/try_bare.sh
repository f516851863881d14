#!/usr/bin/env bash
# try_bare.sh WHEEL FOLDER SOURCE: installs the wheel in a Debian made by debootstrap in FOLDER, which has Python and pip, and neither
# a compiler nor LLVM. As root, with the Debian archive. Prints "ok: " lines; ends with status 0 only when all is well.
set -euo pipefail

wheel=$1 source=$3
mkdir -p "$2"
folder=$(cd "$2" && pwd)
[[ -x $folder/usr/bin/python3 ]] ||
  debootstrap --variant=minbase --include=python3,python3-venv,python3-pip,ca-certificates bookworm "$folder" >"$folder.log"
inside() { chroot "$folder" /usr/bin/env -i PATH=/opt/pyext/venv/bin:/usr/bin:/bin HOME=/opt/pyext LC_ALL=C "$@"; }
expect() {
  [[ $2 == *"$3"* ]] || {
    printf '%s: no "%s" in:\n%s\n' "$1" "$3" "$2" >&2
    exit 1
  }
  printf 'ok: %s\n' "$1"
}

rm -rf "$folder"/opt/pyext/{venv,project,wheel}
mkdir -p "$folder"/opt/pyext/{project,wheel}
cp "$wheel" "$folder/opt/pyext/wheel"
cp "$source" "$folder/opt/pyext/project"
for tool in cc gcc clang; do
  ! inside which "$tool" >/dev/null || { echo "the chroot has $tool" >&2 && exit 1; }
done
inside python3 -m venv /opt/pyext/venv
inside sh -c 'pip install --quiet --no-index /opt/pyext/wheel/*.whl'
if ! inside test -e /usr/include/python3.11/Python.h; then
  expect "without headers it says what to install" "$(inside pyext-tidy check /opt/pyext/project 2>&1 || true)" \
    "Python.h was not found; install the headers of Python (Debian: apt install python3-dev)"
  inside apt-get -q update >/dev/null
  inside env DEBIAN_FRONTEND=noninteractive apt-get -q -y install --no-install-recommends python3-dev >/dev/null 2>&1
fi
expect "with python3-dev alone it finds defects" "$(inside pyext-tidy check /opt/pyext/project 2>&1 || true)" "[cpython-refs-borrowed-ref-race]"
inside pyext-migrate --version >/dev/null
expect "pyext-clangd runs" "$(inside pyext-clangd --version 2>&1)" "clangd version"
