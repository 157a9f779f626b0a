"""A local İYS to test against: its paths, rules, quotas and daily files; clock and faults at hand.

Written from public sources only (ops/decisions/0011). It keeps made-up data in memory and is no
place for anybody's real address. Nothing of the ledger is used but the words of `vocabulary`.
"""
