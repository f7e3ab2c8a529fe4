#!/bin/sh
# Nagios, Icinga, Naemon -> oncall. Usage:
#   oncall-notify.sh TYPE HOST SERVICE STATE OUTPUT [AUTHOR] [COMMENT]
# ONCALL_HOOK is the address of the source; the file ONCALL_HEADER has one line, `Authorization: Bearer KEY`, so that
# the key is in no list of processes. SERVICE is empty for a host.
set -eu
hook="${ONCALL_HOOK:-https://oncall.example.com/hooks/nagios}"
header="${ONCALL_HEADER:-/etc/nagios/oncall.header}"
type="$1" host="$2" service="$3" state="$4" output="$5" author="${6:-}" comment="${7:-}"

case "$type" in
  PROBLEM) action=trigger ;;
  RECOVERY) action=resolve ;;
  ACKNOWLEDGEMENT) action=acknowledge ;;
  *) action=note ;;                     # flapping and downtime are written down
esac
case "$state" in
  CRITICAL | DOWN) severity=critical ;;
  UNKNOWN | UNREACHABLE) severity=error ;;
  WARNING) severity=warning ;;
  *) severity="" ;;
esac

# A server that restarts is asked again; what is never taken ends with an error, which Nagios writes into its log.
exec curl --silent --show-error --fail --retry 5 --retry-connrefused --retry-max-time 60 --max-time 20 \
  --output /dev/null --header "@$header" \
  --data-urlencode "summary=$host${service:+/$service} is $state" \
  --data-urlencode "details=$output${comment:+
$author: $comment}" \
  --data-urlencode "dedup=$host/$service" \
  --data-urlencode "action=$action" \
  --data-urlencode "severity=$severity" \
  --data-urlencode "host=$host" \
  "$hook"
