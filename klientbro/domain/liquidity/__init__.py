"""Liquidity: one model of dated cash lines, seen by day, week and month.

lines       what a line is, and what is left out
buckets     three bucketings of the same lines, and the walk that closes
habits      how late each customer pays
items       open items as lines
duties      what the books say of wages and public duties
payroll     wages, withheld tax, employer's tax, holiday pay
taxes       VAT and advance tax
recurring   what comes again in history, offered
schedules   manual and recurring lines, loans, and how they give way to the actual
estimates   what history lets one expect beyond what is known
forecast    all of it together
scenarios   changes beside the base
lowest      the lowest point, the first day under the limit, and why
hits        kept forecasts against what happened
"""

from __future__ import annotations
