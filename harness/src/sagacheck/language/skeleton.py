"""The text that a new scenario begins with."""

from __future__ import annotations

SKELETON = """\
# yaml-language-server: $schema={schema}
scenario: {title}
why: why this matters
tags: []          # words to select it by
covers: []        # ids of the anomalies that it is about, such as A2

# The world at the beginning; every key is optional.
given:
  stock: {stock}

{orders}

# What fails: on an operation (or a service), on some calls of it (1, [1, 3], 2.. or all; the first
# by default). This fault lets {step} happen and loses its reply. Others: drop_request, refuse,
# 503, {{delay_request: 2h}}, {{duplicate: 3}}, {{outage: {{from: 0s, to: 2h}}}}, crash_after, evict
faults:
  - on: {operation}
    calls: 1
    fault: drop_response

# Client actions: cancel, submit, terminate, query an order, or heal: true; and messages by name,
# signal: {{to: o1, name: approve, args: [ann]}}, or update: {{to: o1, name: approve}}.
# events:
#   - cancel: o1
#     when: {{after: {operation}}}      # or before: …, during: …, at: 30s, or waiting
#     reason: changed my mind

# How it should end. All invariants are always checked.
expect:
  o1: {{status: completed}}
  effects: {effects}   # how often each operation takes effect
  undone: []   # the undos, in this order
"""
