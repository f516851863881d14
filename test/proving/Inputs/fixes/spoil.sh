#!/bin/sh
# The driver, which afterwards changes what it has fixed: SPOIL is a sed command for small.c.
"$DRIVER" "$@"
status=$?
case " $* " in
*" --fix "*) sed -i -e "$SPOIL" small.c ;;
esac
exit $status
