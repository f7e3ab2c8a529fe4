"""The Unix socket beside a store: how a command gets at the incidents of the process that has the store open.

`Server` is the owner's end, `RemoteOffice` the other one; between them JSON in lines, as `wire` says.
"""
