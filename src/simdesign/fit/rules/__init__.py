"""Rules of practice and other people's packages, judged like any other estimator.

docs/rules.md derives each. Every rule has a score, which is compared with a calibrated threshold,
and an alarm as published.
"""
