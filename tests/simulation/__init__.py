"""A simulated fortnight: a scripted world, an oracle written from the specification, and what the application did.

`world` and `script` hold what happens on the platform, `oracle` says what must follow, `play` lets the application live
through it, `evidence` holds what can be judged without the oracle. None of them uses the application's rules.
"""
