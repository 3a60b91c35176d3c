#!/usr/bin/env python3
"""The promise about budgets, held against a provider's own count, beside a counter that is checked and then charged.

Runs the black-box test `BudgetProofTest` at the size asked for and prints the table that it leaves: calls of known cost, all at
once, against a cap for half of them, on one node and on three over one PostgreSQL; a node killed; the database stopped. It
fails where a cap is passed or money is lost.
"""
from measure import proof

proof("BudgetProofTest", "mandate.proof.calls", 1000, __doc__)
