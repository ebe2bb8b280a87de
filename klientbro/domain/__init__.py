"""Accounting in plain Python: no Django, no database, no clock (`today` is an argument).

orgnr, national_id, identifier   who a client is
money                            exact kroner and øre
accounts, vouchers               the small records of a ledger
periods                          months, financial years, quarters
trial_balance, proof             the figures, and whether they equal the source's
"""
