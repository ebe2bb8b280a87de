"""Rules of Avstemming: what an account is reconciled against, and whether it agrees.

methods        which way an account is reconciled, how often, and what it is expected to be
match_rules    what belongs together: kinds, amounts, texts, days, and the limits of the search
matching       finds it, the same whatever order items and rules come in
subledger      control account against sub-ledger, naming every differing item
vat            VAT accounts against the term's specification, code by code
payroll        withheld tax, employer's tax and holiday pay: what the balances should be
bank           ledger and bank statement: calculated against stated balance
sign_offs      the snapshot a sign-off is bound to, and what has changed since
"""
