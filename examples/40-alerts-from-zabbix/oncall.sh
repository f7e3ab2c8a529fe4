#!/bin/sh
# Zabbix -> oncall, as a media type of the kind `Script`. Its parameters, in this order:
#   {ALERT.SENDTO} {EVENT.ID} {EVENT.VALUE} {EVENT.UPDATE.STATUS} {EVENT.ACK.STATUS} {EVENT.SEVERITY} {HOST.NAME}
#   {ALERT.SUBJECT} {ALERT.MESSAGE}
# {ALERT.SENDTO} is the address of the source; the file ONCALL_HEADER has one line, `Authorization: Bearer KEY`.
set -eu
header="${ONCALL_HEADER:-/etc/zabbix/oncall.header}"
hook="$1" event="$2" value="$3" update="$4" acknowledged="$5" severity="$6" host="$7" subject="$8" message="$9"

if [ "$value" = 0 ]; then
  action=resolve
elif [ "$update" = 1 ] && [ "$acknowledged" = Yes ]; then
  action=acknowledge
elif [ "$update" = 1 ]; then
  action=note
else
  action=trigger
fi
case "$severity" in
  Disaster) severity=critical ;;
  High) severity=error ;;
  Average | Warning) severity=warning ;;
  Information) severity=info ;;
  *) severity="" ;;                     # not classified: as the source says
esac

# Zabbix runs it again when it fails, as often as the media type says.
exec curl --silent --show-error --fail --max-time 20 --output /dev/null --header "@$header" \
  --data-urlencode "summary=$subject" \
  --data-urlencode "details=$message" \
  --data-urlencode "dedup=zabbix/$event" \
  --data-urlencode "action=$action" \
  --data-urlencode "severity=$severity" \
  --data-urlencode "host=$host" \
  "$hook"
