"""Lets a Python process live at the instant in SIMULATED_NOW: Python imports this at its start where it is found."""

import os

import time_machine

time_machine.travel(os.environ["SIMULATED_NOW"], tick=False).start()
