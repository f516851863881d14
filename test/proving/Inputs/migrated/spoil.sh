#!/bin/sh
# pyext-migrate, with a --verify whose copies are changed by SPOIL (a command of sed) before they are built.
for argument; do
  case $argument in
  --verify) verify=1 ;;
  esac
done
if [ -n "$verify" ]; then
  exec env "CC=$SPOILT_CC" SPOIL="$SPOIL" "$TOOL" "$@"
fi
exec "$TOOL" "$@"
