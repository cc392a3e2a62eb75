"""The command line: ``sagacheck``.

`commands` is what people see: names, options, help. It imports nothing but click, so that help and
completion are quick. `actions` is what the commands do; each is imported when its command is
called. `printing` is what only they print.
"""
