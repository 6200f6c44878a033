"""Every way in which ec2ir says no, as sentences for the person who reads them.

Ec2irError
├── BadInput         the words could not be understood
├── Refused          policy, or the state of the incident, forbids it
│   ├── NotAllowed   this person may not
│   ├── TooLate      somebody else was first, or it expired
│   └── WorldChanged the account is no longer what the plan was made from
├── DoesNotApply     the step has nothing to do on this instance
├── StepFailed       AWS did not do what the step asked for
│   └── Drift        what the step would write was changed by somebody else
├── Superseded       another process carries this run now: stop at once
└── Unreachable      AWS, Slack or the database did not answer
    └── StoreDown    it was the database: what was under way breaks off, and goes on from the rows later
"""


class Ec2irError(Exception):
    """What happened, what it means for the incident, and what to do next; each one sentence."""

    def __init__(self, what: str, *, means: str = "", then: str = "") -> None:
        super().__init__(" ".join(part for part in (what, means, then) if part))
        self.what = what
        self.means = means
        self.then = then


class BadInput(Ec2irError):
    """The words could not be understood; nothing was done."""


class Refused(Ec2irError):
    """Policy or the incident's state forbids it; nothing was done."""


class NotAllowed(Refused):
    """This person's roles do not allow it."""


class TooLate(Refused):
    """Somebody else was first, or the plan expired."""


class WorldChanged(Refused):
    """The account differs from what the plan was made from; a new plan is needed."""


class DoesNotApply(Ec2irError):
    """The step has nothing to do on this instance; the sentence says why."""


class StepFailed(Ec2irError):
    """AWS did not do what the step asked for."""


class Drift(StepFailed):
    """What the step would write was changed by somebody else meanwhile."""


class Superseded(Ec2irError):
    """Another process carries this run now."""


class Unreachable(Ec2irError):
    """A service did not answer, or answered that it could not."""


class StoreDown(Unreachable):
    """The database did not answer: nothing can be recorded, so nothing may be done."""
