#!/usr/bin/env python3
"""The ledger against a provider's own count, after many calls with faults among them.

Runs the black-box test `MeteringSoakTest` at the size asked for and prints what it counted: every endpoint and stream shape of
two providers; callers that hang up, answers that are dropped, broken off or without usage, refusals, and a node killed under
load. It fails where a token is lost.
"""
from measure import proof

proof("MeteringSoakTest", "mandate.soak.calls", 2000, __doc__)
