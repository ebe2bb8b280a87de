"""Rates and amounts set by law, one dated table per subject, asked by date.

tables           what a dated table is, and how it refuses a day it does not cover
vat              VAT rates and the standard tax codes
employers_tax    zones, allowance, finance tax
holiday_pay      rates by weeks and age, the basic amount G
income_tax       tax rate of companies, instalments of advance tax
"""
