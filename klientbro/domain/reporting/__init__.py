"""Reports of one client or several: statements in columns, comparison, budget, ageing, sums.

books         a client's balances per account and month, and what any column of them comes to
columns       which months a column covers: the month, the year so far, last year, twelve months
grid          a statement with several columns, each line open to its accounts
comparing     change and per cent between two columns
budget        a year's budget from last year, spread and rounded so that it closes to the øre
budget_file   a budget read from the rows of a file, every row that cannot be read named
ageing        open items by how long they are overdue on a day
group         several clients side by side and summed, with eliminations
frozen        a published report against what the ledger says now
"""

from __future__ import annotations
