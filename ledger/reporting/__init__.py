"""The bundle's report for lawyers, inspectors and experts: RAPOR.html and RAPOR.pdf (§9).

`facts` says what has to be known; `outline` puts it into words, once; `html` and `pdf` only draw.
"""
