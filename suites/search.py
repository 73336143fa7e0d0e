# SPDX-License-Identifier: MIT
"""Random runs on a server, searched for one that differs from the model."""

import random
from contextlib import contextmanager
from itertools import count

from hypothesis import HealthCheck, Phase, Verbosity, seed, settings
from hypothesis.stateful import RuleBasedStateMachine, run_state_machine_as_test

from harness.deadlines import Deadline
from harness.models.model_run import StepRefused
from harness.servers.process.launch import launch

SECONDS, SHORTEN_SECONDS = 60.0, 45.0
"""How long a search may take, and then to leave out steps: together less than the time limit of a
test, which would hide what was found."""

GUEST_SHARE = 8
"""A guest gets one of so many runs: what it shows is carried over a serial line at each step."""


class ModelMachine(RuleBasedStateMachine):
    """Rules act by steps of ``run``, of the class ``RUN``; all visible state is compared after
    each.  A ``search`` is ``EXAMPLES`` runs of up to ``STEPS`` rules from ``SEED``.
    """

    RUN, SEED, EXAMPLES, STEPS = None, 0, 0, 0

    def __init__(self, search):
        super().__init__()
        self.search = search
        self.run = search.open()

    def teardown(self):
        self.search.close(self.run)

    def act(self, step, *arguments):
        with self.search.watching(self.run):
            getattr(self.run, step)(*arguments)
            self.run.look()


def search(server, machine, soak=0.0):
    """Raise the first failure of a machine's runs, in as few steps as still show it.

    There are fewer runs on a server in a guest, and on a machine where they take long.
    With ``soak`` for so many seconds, from seeds of its own, which are printed.
    """
    if not soak:
        guest = server.kind is not None and server.kind.info.guest
        examples = machine.EXAMPLES // GUEST_SHARE if guest else machine.EXAMPLES
        _Search(server, machine, Deadline.after(SECONDS)).run(machine.SEED, max(1, examples))
        return
    deadline = Deadline.exactly(soak)
    for number in count(random.SystemRandom().getrandbits(32)):
        if deadline.passed:
            break
        print(f"searching from seed {number}")
        _Search(server, machine, deadline).run(number, 10 * machine.EXAMPLES)


class _Enough(BaseException):
    """The time is up; not an Exception, which would be taken for a failure of the run."""


class _Search:
    """Runs on one server until one fails, then shorter ones on fresh servers.

    Steps depend on each other by name only, so that leaving some out shortens a run better
    than making the numbers smaller would that it was drawn from.
    """

    def __init__(self, server, machine, deadline):
        self._server = server
        self._machine = machine
        self._failed = None
        self._deadline = deadline

    def run(self, number, examples):
        try:
            run_state_machine_as_test(
                seed(number)(lambda: self._machine(self)),
                settings=settings(
                    max_examples=examples,
                    stateful_step_count=self._machine.STEPS,
                    database=None,
                    deadline=None,
                    phases=[Phase.generate],
                    suppress_health_check=list(HealthCheck),
                    verbosity=Verbosity.quiet,
                    report_multiple_bugs=False,
                ),
            )
        except (_Enough, Exception):
            # When the time is up, hypothesis may say in other words that the machine stopped.
            if self._failed is None and not self._over:
                raise
        if self._failed is not None:
            script, failure = self._shortest()
            print(f"\n{script}")
            spec = self._server.spec
            where = self._server.name if spec is None else spec.build.path
            failure.add_note(f"The script in the captured output does the same on {where}.")
            raise failure from None

    def open(self):
        if self._over:
            raise _Enough
        return self._machine.RUN(self._server)

    @property
    def _over(self):
        return self._deadline.passed

    @contextmanager
    def watching(self, run):
        try:
            yield
        except Exception as failure:
            self._failed = self._failed or (run, failure)
            raise

    def close(self, run):
        """End a run, which leaves the server to the next one."""
        try:
            if self._failed is None:
                with self.watching(run):
                    run.end()
        finally:
            run.close()

    def _shortest(self):
        """Script and failure of the run that failed, with as many steps left out as can be."""
        run, failure = self._failed
        if self._server.spec is None:
            # To leave out steps takes further servers like this one.
            return run.script(), failure
        deadline = Deadline.after(SHORTEN_SECONDS)
        size = len(run.steps)
        while size > 1:
            size = (size + 1) // 2
            for end in range(len(run.steps), 0, -size):
                fewer = run.steps[: max(0, end - size)] + run.steps[end:]
                if not deadline.passed:
                    run, failure = self._failing(fewer) or (run, failure)
        return run.script(), failure

    def _failing(self, steps):
        """The run of these steps and how it failed; None if it did not, or cannot be."""
        with launch(self._server.spec) as server, self._machine.RUN(server) as run:
            try:
                run.replay(steps)
                run.look()
                run.end()
            except StepRefused:
                return None
            except Exception as failure:
                return run, failure
        return None
