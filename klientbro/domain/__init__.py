"""Accounting in plain Python: no Django, no database, no clock (`today` is an argument).

orgnr, national_id, identifier   who a client is
money                            exact kroner and øre
accounts, vouchers               the small records of a ledger
periods                          months, financial years, quarters
trial_balance, proof             the figures, and whether they equal the source's
calendar, rates, deadlines       Norwegian working days, dated rates, and what falls due when
client_facts                     what those rules need to know of a client
report_lines, key_figures        income statement, balance sheet, and what is read out of them
reconciliation                   methods, matching, sub-ledgers, VAT, payroll, bank, sign-offs
bank_statements                  CAMT.053 and banks' CSV: bytes in, typed statements out
"""
