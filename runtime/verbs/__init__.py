"""Verbs: what a person may do to jobs, runs and flows, planned before anything is done."""

from jobmon.runtime.verbs.case import Command, Plan, Touch
from jobmon.runtime.verbs.plans import VERBS, plan, preview

__all__ = ["VERBS", "Command", "Plan", "Touch", "plan", "preview"]
