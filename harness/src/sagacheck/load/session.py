"""Where Locust's events meet the run: what is started when, and who decides the exit code.

The verdict is reached as soon as a test has stopped, whoever stopped it. On Ctrl-C and SIGTERM that
is when Locust is *quitting*, which it says before it stops the test and fixes the exit code; so the
test is stopped there first. Of all processes of a run only the one that users started has a session
with a stack and a run: with Locust's workers that is the master.
"""

from __future__ import annotations

import atexit
import sys
import time
from argparse import Namespace
from collections.abc import Mapping, Sequence
from datetime import UTC, datetime
from typing import Any

import gevent.lock
from locust import events
from locust.env import Environment
from locust.runners import STATE_INIT, STATE_STOPPED, LocalRunner, MasterRunner, WorkerRunner
from temporalio.client import Client
from temporalio.runtime import LoggingConfig, Runtime, TelemetryConfig, TelemetryFilter

from fakes import order_services
from orders.client import connection_config
from sagacheck.checks import Verdict
from sagacheck.importing import NotImportableError
from sagacheck.load.bridge import Bridge
from sagacheck.load.client_log import Pen
from sagacheck.load.console import print_judgement, say
from sagacheck.load.curves import COURSES
from sagacheck.load.customer import Shop
from sagacheck.load.fault_mixes import Rule, read_mix
from sagacheck.load.load_shapes import Profile
from sagacheck.load.locust_report import write_html
from sagacheck.load.options import (
    OF_EACH_TEST,
    Options,
    add_options,
    command_to_repeat,
    options_of_test,
    read_options,
)
from sagacheck.load.order_client import Desk, OrderDesk
from sagacheck.load.processes import StackError
from sagacheck.load.run import Run
from sagacheck.load.run_spec import Commission
from sagacheck.load.stack import Place, Stack, environment_names_temporal
from sagacheck.load.users import Customer
from sagacheck.load.verdict import Judgement
from sagacheck.load.web_ui_tab import add_tab, refuse_wrong_forms
from sagacheck.run import new_folder
from sagacheck.saga import SagaUnderTest, load_saga, order_saga

WRONG_USAGE = 2
MESSAGE = "client_log"
"""Locust's name of the messages with which its workers send lines of the client_log to the master."""
STOP_SECONDS = 30.0
LOOK_EVERY_SECONDS = 2.0


def listen() -> None:
    """Have Locust tell of all that concerns a run."""
    events.init_command_line_parser.add_listener(add_options)
    events.init.add_listener(_begin_session)


def _begin_session(environment: Environment, **_: Any) -> None:
    """Check the options, and start what users do not see: in each process of a run."""
    parsed = environment.parsed_options
    assert parsed is not None, "Locust was started from its command line"
    member = _Member()
    if isinstance(environment.runner, WorkerRunner):
        events.test_start.add_listener(member.open_shop)
        return
    try:
        options = read_options(parsed, temporal_in_environment=environment_names_temporal())
        mix = read_mix(options.faults)
        saga = _saga(options.saga)
    except (ValueError, NotImportableError) as error:
        _exit(WRONG_USAGE, str(error))
    if options.shape:
        environment.shape_class = Profile(
            COURSES[options.shape], parsed.num_users or 1, parsed.spawn_rate or 1, parsed.run_time
        )
        environment.shape_class.runner = environment.runner
    session = _Session(environment, options, mix, saga, member)
    session.begin()


def _saga(name: str | None) -> SagaUnderTest:
    if name is None:
        return order_saga()
    saga = load_saga(name)
    if saga.services is not order_services:
        msg = f"--saga {name}: it has services of its own, which python -m fakes has not"
        raise NotImportableError(msg)
    return saga


class _Member:
    """What every process of a run has that runs users: a bridge to Temporal, and a shop."""

    def __init__(self) -> None:
        self.bridge = Bridge()
        self._desks: dict[Place, Desk] = {}

    def desk(self, commission: Commission) -> Desk:
        """The desk of a run. Clients are made late: they do not survive Locust's forks."""
        place = commission.place
        if place not in self._desks:
            saga = _saga(commission.saga)
            client = self.bridge.call(_connect, place, saga, timeout=30.0)
            kind = OrderDesk if commission.saga is None else Desk
            self._desks[place] = kind(client, saga, commission.task_queue)
        return self._desks[place]

    def open_shop(self, environment: Environment, **_: Any) -> None:
        """Make ready for the users of a test that is about to start."""
        runner, parsed = environment.runner, environment.parsed_options
        assert runner is not None, "a test runs in a runner"
        assert parsed is not None, "Locust was started from its command line"
        assert isinstance(runner, LocalRunner | WorkerRunner), "no master runs users"
        commission = Commission.of_message(parsed.load_run)
        Customer.shop = Shop(
            environment=environment,
            bridge=self.bridge,
            desk=self.desk(commission),
            pen=Pen(lambda line: runner.send_message(MESSAGE, dict(line))),
            planner=commission.planner,
            process=runner.worker_index,
            users=commission.users,
            rate=commission.rate,
        )


class _Session:
    """The stack, and one run after another, in the process that users started.

    Args:
        environment: Locust's.
        options: What was asked for.
        mix: The faults that the services' callers suffer.
        saga: The saga under load.
        member: This process, as one that may run users.
    """

    def __init__(
        self,
        environment: Environment,
        options: Options,
        mix: Sequence[Rule],
        saga: SagaUnderTest,
        member: _Member,
    ) -> None:
        self._environment = environment
        self._asked = self._options = options
        self._mix = mix
        self._saga = saga
        self._member = member
        self._runs = 0
        self._enough = False
        self._run: Run | None = None
        self._concluding = gevent.lock.RLock()
        self._folder = new_folder(options.runs, command_to_repeat(options)) / "load"
        self._stack = Stack(options, self._folder, say)

    def begin(self) -> None:
        """Start what the runs need."""
        self._folder.mkdir()
        atexit.register(self._stack.stop)
        say(f"seed {self._options.seed}")
        try:
            self._stack.start()
            self._member.desk(self._commission(run=""))
        except StackError as error:
            _exit(Verdict.UNKNOWN.exit_code, str(error))
        except RuntimeError as error:
            _exit(Verdict.UNKNOWN.exit_code, f"Temporal does not answer: {error}")
        runner = self._environment.runner
        assert runner is not None, "Locust makes one before it says that it is ready"
        runner.register_message(MESSAGE, self._take_line)
        events.test_start.add_listener(self._begin_run)
        if not isinstance(runner, MasterRunner):
            events.test_start.add_listener(self._member.open_shop)
        events.test_stop.add_listener(self._stopped)
        if self._environment.web_ui is not None:
            add_tab(self._environment.web_ui, self._counts)
            refuse_wrong_forms(self._environment.web_ui, self._check)
        events.quitting.add_listener(self._quitting)

    def _commission(self, run: str) -> Commission:
        parsed = self._environment.parsed_options
        return Commission(
            run=run,
            seed=self._options.seed,
            shares=self._options.shares,
            rate=self._options.rate,
            users=max(1, (parsed and parsed.num_users) or 1),
            place=self._stack.place,
            saga=self._options.saga,
            task_queue=self._options.task_queue,
        )

    def _check(self, form: Mapping[str, str]) -> None:
        """See whether a test could be started so.

        Raises:
            ValueError: It could not; the message says why.
        """
        parsed = self._environment.parsed_options
        asked = {name: value for name, value in form.items() if name in OF_EACH_TEST}
        options = options_of_test(self._asked, Namespace(**{**vars(parsed), **asked}))
        read_mix(options.faults)

    def _counts(self) -> Mapping[str, Any]:
        return self._run.counts() if self._run else {"state": "no test yet", "violations": []}

    def _take_line(self, environment: Environment, msg: Any, **_: Any) -> None:
        run = self._run
        if run is None or not run.planner.is_ours(msg.data["order"]):
            return
        run.client_log.take(msg.data)
        enough = self._options.orders is not None and len(run.client_log.accounts) >= (
            self._options.orders
        )
        if enough and not self._enough:
            self._enough = True
            runner = environment.runner
            assert runner is not None, "the message came through it"
            gevent.spawn(runner.quit if environment.web_ui is None else runner.stop)

    def _begin_run(self, environment: Environment, **_: Any) -> None:
        with self._concluding:  # the run before it may still be waiting for its orders
            self._runs += 1
            self._enough = False
            assert environment.parsed_options is not None, "there is a command line"
            self._options = options_of_test(self._asked, environment.parsed_options)
            self._mix = read_mix(self._options.faults)
            self._stack.fakes.heal()
            for rule in self._mix:
                self._stack.fakes.add_fault(rule)
            name = f"{datetime.now(UTC):%y%m%d%H%M%S}{self._runs}"
            commission = self._commission(name)
            # Locust hands it to its workers with the order to start.
            environment.parsed_options.load_run = commission.as_message()
            self._run = run = Run(
                options=self._options,
                saga=self._saga,
                stack=self._stack,
                bridge=self._member.bridge,
                desk=self._member.desk(commission),
                folder=self._folder,
                planner=commission.planner,
                say=say,
            )
            run.begin()
            self._looking = gevent.spawn(_look_again_and_again, run)

    def _stopped(self, environment: Environment, **_: Any) -> None:
        if environment.web_ui is None:
            self._conclude()
        else:
            gevent.spawn(self._conclude)  # whoever pressed Stop may watch how it goes

    def _quitting(self, environment: Environment, **_: Any) -> None:
        runner = environment.runner
        assert runner is not None, "it is quitting"
        if runner.state not in (STATE_INIT, STATE_STOPPED):
            runner.stop()
        self._conclude()
        judgement = self._run.judgement if self._run else None
        if judgement is None:
            judgement = Judgement.without_sight("no test was run")
        environment.process_exit_code = judgement.verdict.exit_code
        write_html(environment, judgement, self._folder)
        self._stack.stop()
        self._member.bridge.close()

    def _conclude(self) -> None:
        """Come to the verdict, once; whoever asks meanwhile waits for it."""
        with self._concluding:
            run = self._run
            if run is None or run.judgement is not None:
                return
            self._stop_workers()
            self._looking.kill()
            judgement = run.conclude()
            self._report(judgement)
            print_judgement(judgement, run.folder, command_to_repeat(self._options))

    def _report(self, judgement: Judgement) -> None:
        """Let the verdict stand among Locust's requests, and so in all that it makes of them."""
        wrong = InconsistentError(str(judgement.verdict)) if judgement.verdict.exit_code else None
        self._environment.events.request.fire(
            request_type="CHECK",
            name="consistency",
            response_time=0,
            response_length=0,
            exception=wrong,
            context={},
        )

    def _stop_workers(self) -> None:
        """With `-t` Locust's master says that the test has stopped while its workers go on."""
        runner = self._environment.runner
        if not isinstance(runner, MasterRunner):
            return
        runner.send_message("stop")
        deadline = time.monotonic() + STOP_SECONDS
        while runner.user_count and time.monotonic() < deadline:
            time.sleep(0.1)


def _look_again_and_again(run: Run) -> None:
    while True:
        gevent.sleep(LOOK_EVERY_SECONDS)
        run.look()


class InconsistentError(Exception):
    """Stands in Locust's list of failures for a verdict that is not *valid*."""


async def _connect(place: Place, saga: SagaUnderTest) -> Client:
    config = connection_config(
        address=place.address, namespace=place.namespace, profile=place.profile
    )
    logs = LoggingConfig(filter=TelemetryFilter(core_level="ERROR", other_level="ERROR"))
    runtime = Runtime(telemetry=TelemetryConfig(logging=logs))
    return await Client.connect(**config, data_converter=saga.data_converter, runtime=runtime)


def _exit(code: int, message: str) -> None:
    say(message)
    sys.exit(code)
