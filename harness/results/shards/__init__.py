# SPDX-License-Identifier: MIT
"""Suites divided among sessions: how long tests take, which shard has which, all shards as one."""
