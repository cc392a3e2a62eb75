"""The system under load, and one run after another, in the process that users started.

The verdict is reached as soon as a test has stopped, however it was stopped. On Ctrl-C and SIGTERM
Locust says first that it is *quitting*, then stops the test, and fixes the exit code in between; so
this stops the test on *quitting*. With Locust's workers, the master alone has a session.
"""

from __future__ import annotations

import atexit
import time
from argparse import Namespace
from collections.abc import Callable, Mapping
from datetime import UTC, datetime
from typing import Any

import gevent.lock
from locust import events
from locust.env import Environment
from locust.runners import STATE_INIT, STATE_STOPPED, MasterRunner

from sagacheck.load.audit.verdict import Judgement
from sagacheck.load.command_line import command_to_repeat
from sagacheck.load.load_generator import CLIENT_LOG, LoadGenerator, with_spec
from sagacheck.load.load_run import LoadRun
from sagacheck.load.options import OF_EACH_TEST, Options, check_users, options_of_test
from sagacheck.load.results.console import print_judgement
from sagacheck.load.results.locust_report import write_html
from sagacheck.load.results.web_ui_tab import add_tab, refuse_foreign_requests, refuse_wrong_forms
from sagacheck.load.run_spec import RunSpec
from sagacheck.load.system.fault_mixes import MIXES, read_mix
from sagacheck.load.system.stack import Stack
from sagacheck.load.workload import Workload
from sagacheck.run import new_folder
from sagacheck.saga import SagaUnderTest
from sagacheck.strange_pages import is_loopback

STOP_SECONDS = 30.0
LOOK_EVERY_SECONDS = 2.0
WATCH_EVERY_SECONDS = 0.5


class InconsistentError(Exception):
    """Stands in Locust's list of failures for a verdict that is not *valid*."""


class Session:
    """The system under load, and one run after another.

    Args:
        environment: Locust's.
        options: What the command line has asked for.
        workload: What is put under load.
        saga: The saga under load.
        generator: This process, as one that may have users.
        say: Prints the progress.
    """

    def __init__(  # noqa: PLR0913 - made in one place, from what that place has
        self,
        environment: Environment,
        options: Options,
        *,
        workload: Workload,
        saga: SagaUnderTest,
        generator: LoadGenerator,
        say: Callable[[str], None],
    ) -> None:
        self._environment = environment
        self._asked = self._options = options
        self._workload = workload
        self._saga = saga
        self._generator = generator
        self._say = say
        self._run_count = 0
        self._has_enough_orders = False
        self._run: LoadRun | None = None
        self._concluding = gevent.lock.RLock()
        self._folder = new_folder(options.runs, command_to_repeat(options)) / "load"
        self._stack = Stack(workload, options, self._folder, say)

    def begin(self) -> None:
        """Start the system, and listen to Locust.

        Raises:
            SystemStartError: Part of the system failed to start.
            RuntimeError: Temporal is not answering.
        """
        self._folder.mkdir()
        atexit.register(self._stack.stop)
        self._say(f"seed {self._options.seed}")
        if self._options.brings_temporal:
            self._generator.client(self._spec(run=""))  # before workers wait for it in vain
        self._stack.start()
        self._generator.client(self._spec(run=""))
        runner = self._environment.runner
        assert runner is not None, "Locust makes one before its event init"
        runner.register_message(CLIENT_LOG, self._take_line)
        events.test_start.add_listener(self._begin_run)
        if not isinstance(runner, MasterRunner):
            events.test_start.add_listener(self._generator.prepare)
        events.test_stop.add_listener(self._test_stopped)
        if self._environment.web_ui is not None:
            add_tab(self._environment.web_ui, self._counts)
            web_host = getattr(self._environment.parsed_options, "web_host", "")
            refuse_foreign_requests(
                self._environment.web_ui, public=not is_loopback(web_host or "")
            )
            refuse_wrong_forms(self._environment.web_ui, OF_EACH_TEST, self._check_form)
        events.quitting.add_listener(self._quit)

    def stop(self) -> None:
        """End what was started."""
        self._stack.stop()

    def _spec(self, run: str) -> RunSpec:
        parsed = self._environment.parsed_options
        return RunSpec(
            run=run,
            seed=self._options.seed,
            shares=self._options.shares,
            rate=self._options.rate,
            users=max(1, (parsed and parsed.num_users) or 1),
            connection=self._stack.connection,
            saga=self._options.saga,
            task_queue=self._options.task_queue,
        )

    def _check_form(self, form: Mapping[str, str]) -> None:
        """Check the values of a form of the web UI.

        Raises:
            ValueError: No test can be started with them; the message says why.
        """
        parsed = self._environment.parsed_options
        asked = {name: value for name, value in form.items() if name in OF_EACH_TEST}
        if "user_count" in form:
            check_users(form["user_count"], form.get("spawn_rate"))
        options = options_of_test(self._asked, Namespace(**{**vars(parsed), **asked}))
        if options.faults not in (*MIXES, self._asked.faults):
            msg = f"--faults: a form takes one of {', '.join(MIXES)}; the command line takes a file"
            raise ValueError(msg)

    def _counts(self) -> Mapping[str, Any]:
        return self._run.counts() if self._run else {"state": "no test yet", "violations": []}

    def _take_line(self, environment: Environment, msg: Any, **_: Any) -> None:
        """Take in a line of a client's log, and stop after so many ``--orders``."""
        run = self._run
        if run is None or run.judgement or not run.planner.includes(msg.data["order"]):
            return
        run.client_log.take(msg.data)
        limit = self._options.orders
        if limit is None or len(run.client_log.orders) < limit or self._has_enough_orders:
            return
        self._has_enough_orders = True
        gevent.spawn(self._stop_test)

    def _begin_run(self, environment: Environment, **_: Any) -> None:
        with self._concluding:  # the run before it may still wait for its orders
            self._run_count += 1
            self._has_enough_orders = False
            assert environment.parsed_options is not None, "there is a command line"
            self._options = options_of_test(self._asked, environment.parsed_options)
            self._stack.fakes.heal()
            for rule in read_mix(self._options.faults, self._saga.operations):
                self._stack.fakes.add_fault(rule)
            spec = self._spec(f"{datetime.now(UTC):%y%m%d%H%M%S}{self._run_count}")
            environment.parsed_options = with_spec(environment.parsed_options, spec)
            self._run = run = LoadRun(
                options=self._options,
                stack=self._stack,
                bridge=self._generator.bridge,
                client=self._generator.client(spec),
                planner=spec.planner(self._generator.draw_order(spec.saga)),
                workflow_may_fail=self._options.saga is not None
                or self._workload.workflow_may_fail,
                idempotency_key=self._workload.idempotency_key,
                folder=self._folder,
                say=self._say,
            )
            run.begin()
            self._looking = gevent.spawn(_look_again_and_again, run)
            self._watching = gevent.spawn(self._end_when_it_is_dead, run)

    def _end_when_it_is_dead(self, run: LoadRun) -> None:
        """End a test whose system has died: nothing more happens in it."""
        said: set[str] = set()
        while not run.system_death():
            for death in run.deaths():
                if death not in said:
                    self._say(death)
                    said.add(death)
            gevent.sleep(WATCH_EVERY_SECONDS)
        self._say(run.system_death())
        gevent.spawn(self._stop_test)

    def _stop_test(self) -> None:
        runner = self._environment.runner
        assert runner is not None, "there was a test"
        if self._environment.web_ui is None:
            runner.quit()
        else:
            runner.stop()

    def _test_stopped(self, environment: Environment, **_: Any) -> None:
        if environment.web_ui is None:
            self._conclude()
        else:
            gevent.spawn(self._conclude)  # the web UI goes on answering meanwhile

    def _quit(self, environment: Environment, **_: Any) -> None:
        runner = environment.runner
        assert runner is not None, "it is quitting"
        if runner.state not in (STATE_INIT, STATE_STOPPED):
            runner.stop()
        self._conclude()
        judgement = self._run.judgement if self._run else None
        if judgement is None:
            judgement = Judgement.incomplete("no test was run")
        environment.process_exit_code = judgement.verdict.exit_code
        write_html(environment, judgement, self._folder)
        self._stack.stop()
        self._generator.bridge.close()

    def _conclude(self) -> None:
        """Reach the verdict, once; a second caller waits for it."""
        with self._concluding:
            run = self._run
            if run is None or run.judgement is not None:
                return
            self._stop_locust_workers()
            self._looking.kill()
            self._watching.kill()
            judgement = run.conclude()
            self._report(judgement)
            print_judgement(judgement, run.folder, command_to_repeat(self._options))

    def _report(self, judgement: Judgement) -> None:
        """Add the verdict to Locust's requests, and so to all its tables and files."""
        wrong = InconsistentError(str(judgement.verdict)) if judgement.verdict.exit_code else None
        self._environment.events.request.fire(
            request_type="CHECK",
            name="consistency",
            response_time=0,
            response_length=0,
            exception=wrong,
            context={},
        )

    def _stop_locust_workers(self) -> None:
        """With `-t` Locust's master says that the test has stopped while its workers go on."""
        runner = self._environment.runner
        if not isinstance(runner, MasterRunner):
            return
        runner.send_message("stop")
        deadline = time.monotonic() + STOP_SECONDS
        while runner.user_count and time.monotonic() < deadline:
            time.sleep(0.1)


def _look_again_and_again(run: LoadRun) -> None:
    while True:
        gevent.sleep(LOOK_EVERY_SECONDS)
        run.look()
