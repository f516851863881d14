#!/bin/sh
# A compiler that SPOIL (a command of sed) changes a multi-phase source for.
n=$#
while [ $n -gt 0 ]; do
  argument=$1
  shift
  case $argument in
  *.c)
    if grep -q PyModuleDef_Init "$argument"; then
      sed -i "$SPOIL" "$argument"
    fi
    ;;
  esac
  set -- "$@" "$argument"
  n=$((n - 1))
done
exec cc "$@"
