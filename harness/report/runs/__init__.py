# SPDX-License-Identifier: MIT
"""Runs beside each other: what differs, and what each server does for each assertion."""
