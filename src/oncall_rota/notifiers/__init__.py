"""What sends pages: one small file each, by entry points of the group `oncall.notifiers`.

The only door to twilio, slack_sdk and apprise, each imported when its notifier is made or used, never before.
"""
